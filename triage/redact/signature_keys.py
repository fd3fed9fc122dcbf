"""The keys of a signature hold the message with its figures masked, where a name with a figure is not found again."""

from dataclasses import replace

from triage.model import Signature
from triage.patterns import compiled
from triage.redact.texts import Texts
from triage.signature.names import message_text

_IPV4_PSEUDONYM = compiled(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.x-\d{1,10}\b")


class SafeKeys:
    """Keys with what is shown of their messages: not ``db#.acme.example``, but ``host-#``.

    Keys that differ go on differing: of those that would now be the same, all but the first get a number.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._alike: dict[str, dict[str, int]] = {}

    def of(self, signature: Signature, message: str, shown: str) -> Signature:
        """``signature`` with what is ``shown`` of the message in its keys."""
        masked = message_text(message)
        # An address is all figures: masked, it tells nothing, and the key stays the same.
        safe = message_text(_IPV4_PSEUDONYM.sub("0.0.0.0", shown))
        alike = self._alike.setdefault(safe, {})
        number = alike.setdefault(masked, len(alike) + 1)
        told = f"{safe} ({number})" if number > 1 else safe
        strict, family = (key and self._with(told, masked, key) for key in (signature.strict, signature.family))
        return replace(signature, strict=strict, family=family)

    def _with(self, told: str, masked: str, key: str) -> str:
        """The key; what is told of the message is safe already, and is not read again."""
        before, found, after = key.partition(masked)
        return f"{self._texts.prose(before)}{told if found else ''}{self._texts.prose(after)}"

"""Knows what servers say: message forms by category, from ``grammars/messages.txt``.

A form is literal text with gaps. It is compared by searching for its literals in order, which takes linear time.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from triage.records import dataclass
from triage.resources import resource_dir

GAP = "…"
_KEY = 4
_CUT_FROM = 990
"""A server cuts its messages at 1023 bytes, the end of the form with them; an agent may cut characters."""


@dataclass(frozen=True, slots=True)
class Form:
    """One message form; ``head`` is what stands before its first gap."""

    category: str
    parts: tuple[str, ...]

    @property
    def head(self) -> str:
        """The literal text that such a message begins with, up to the whole of it."""
        return self.parts[0]

    def fits(self, message: str) -> bool:
        """Whether the message has this form."""
        first, *rest = self.parts
        if not rest:
            return message == first
        if not message.startswith(first):
            return False
        at = len(first)
        for part in rest[:-1]:
            at = message.find(part, at)
            if at < 0:
                return bool(first) and len(message) >= _CUT_FROM
            at += len(part)
        if message.endswith(rest[-1]) and len(message) - len(rest[-1]) >= at:
            return True
        return bool(first) and len(message) >= _CUT_FROM


class Forms:
    """Message forms, found by the beginning of a message."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self._by_key: dict[str, list[Form]] = defaultdict(list)
        # The most literal form first, so that a message has the category of what it says, not of what it might be.
        for form in sorted(forms, key=lambda form: -sum(map(len, form.parts))):
            self._by_key[form.head[:_KEY] if len(form.head) >= _KEY else ""].append(form)

    def find(self, message: str) -> Form | None:
        """The form of a message, ``None`` if it is not known."""
        text = message.rstrip()
        candidates = (*self._by_key.get(text[:_KEY], ()), *self._by_key.get("", ()))
        return next((form for form in candidates if form.fits(text)), None)


@cache
def message_forms() -> Forms:
    """All message forms."""
    return Forms(_read((resource_dir("grammars") / "messages.txt").read_text(encoding="utf-8")))


def _read(text: str) -> Iterable[Form]:
    category = ""
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            category = line[1:-1]
        elif line and not line.startswith("# "):
            yield Form(category, tuple(line.split(GAP)))

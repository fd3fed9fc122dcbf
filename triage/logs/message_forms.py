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
    """Message forms, found by the beginning of a message; they are read when a message begins as they do."""

    def __init__(self, spelled: Iterable[tuple[str, str]]) -> None:
        """``spelled`` are categories and forms with gaps."""
        self._spelled: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for category, text in spelled:
            key = text[:_KEY]
            self._spelled["" if len(key) < _KEY or GAP in key else key].append((category, text))
        self._read: dict[str, list[Form]] = {}

    def find(self, message: str) -> Form | None:
        """The form of a message, ``None`` if it is not known."""
        text = message.rstrip()
        candidates = (form for key in (text[:_KEY], "") for form in self._beginning_with(key))
        return next((form for form in candidates if form.fits(text)), None)

    def _beginning_with(self, key: str) -> list[Form]:
        """The most literal first, so that a message has the category of what it says, not of what it might be."""
        if key in self._spelled:
            forms = [Form(category, tuple(text.split(GAP))) for category, text in self._spelled.pop(key)]
            self._read[key] = sorted(forms, key=lambda form: -sum(map(len, form.parts)))
        return self._read.get(key, [])


@cache
def message_forms() -> Forms:
    """All message forms."""
    return Forms(_spelled((resource_dir("grammars") / "messages.txt").read_text(encoding="utf-8")))


def _spelled(text: str) -> Iterable[tuple[str, str]]:
    category = ""
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            category = line[1:-1]
        elif line and not line.startswith("# "):
            yield category, line

"""Finds values that are known to be private, wherever they stand in a text."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, islice
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from triage.logs.needles import encodable
from triage.patterns import compiled
from triage.redact.vocabulary import Vocabulary

LEAST = 4
"""Shorter values, plain numbers and common words are replaced where they are known to stand, and only there."""
_IN_ONE_PASS = 10_000
"""Texts that are joined to be searched: a few megabytes at most."""
_LOOKED_FOR = 64
"""Of longer values the beginning is looked for, and the rest compared: the machine takes memory by letter."""
_PUBLIC_ADDRESSES = ("127.0.0.1", "0.0.0.0")
_PUBLIC_ENDPOINT = compiled(r"(?:127\.0\.0\.1|0\.0\.0\.0)(?::\d{1,5})?")
_GLUE = compiled(r"[\"'=\[\]()+]+")


class KnownValues:
    """All originals of ``pseudonyms`` that are telling by themselves, searched for in one pass over a text."""

    def __init__(self, pseudonyms: Mapping[str, str], vocabulary: Vocabulary) -> None:
        self.pseudonyms = pseudonyms
        by_needle: dict[str, dict[str, str]] = {}
        for value, new in pseudonyms.items():
            if is_telling(value, vocabulary):
                whole = encodable(value)
                by_needle.setdefault(whole[:_LOOKED_FOR], {}).setdefault(whole, new)
        self._alike = [_Alike.of(values) for values in by_needle.values()]
        self._machine = AhoCorasick(list(by_needle)) if by_needle else None
        self._over_lines = any("\n" in needle for needle in by_needle)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and pseudonym of every value that stands between token boundaries."""
        if self._machine is None:
            return
        text = encodable(text)
        for needle, start, _ in self._machine.find_matches_as_indexes(text, overlapping=True):
            # A name of one letter 30,000 times over begins anew at each of them.
            if _joins(text[start - 1 : start], text[start]):
                continue
            for size, new in self._alike[needle].at(text, start):
                if not _joins(text[start + size - 1], text[start + size : start + size + 1]):
                    yield start, start + size, new

    def holding(self, texts: Iterable[str]) -> set[str]:
        """Those of ``texts`` that may hold a value: many are searched in one pass, as most hold none."""
        found: set[str] = set()
        unread = iter(texts)
        while self._machine is not None and (batch := list(islice(unread, _IN_ONE_PASS))):
            ends = list(accumulate(len(text) + 1 for text in batch))
            # One value of a text is enough, unless it could hide that of the next text.
            matches = self._machine.find_matches_as_indexes(encodable("\n".join(batch)), overlapping=self._over_lines)
            found.update(batch[bisect_right(ends, start)] for _, start, _ in matches)
        return found

    def first_in(self, texts: Iterable[str]) -> str | None:
        """The first value that one of ``texts`` holds."""
        for text in texts:
            for start, end, _ in self.find(text):
                return text[start:end]
        return None


class _Alike(NamedTuple):
    """Values with one beginning, in their order, with what stands for each.

    ``within`` says for each value which is the longest other one that it begins with (-1: none).
    """

    values: list[str]
    new: list[str]
    within: list[int]
    longest: int

    @classmethod
    def of(cls, found: Mapping[str, str]) -> "_Alike":
        values = sorted(found)
        within: list[int] = []
        for at, value in enumerate(values):
            before = at - 1
            while before >= 0 and not value.startswith(values[before]):
                before = within[before]
            within.append(before)
        return cls(values, [found[value] for value in values], within, max(map(len, values)))

    def at(self, text: str, start: int) -> Iterator[tuple[int, str]]:
        """Length and replacement of each value that ``text`` holds from ``start`` on."""
        # A value with which the text begins sorts before it, and what sorts between the two begins with it too.
        number = bisect_right(self.values, text[start : start + self.longest]) - 1
        while number >= 0:
            value = self.values[number]
            if text.startswith(value, start):
                yield len(value), self.new[number]
            number = self.within[number]


HIDDEN_BY_THE_SERVER = "*redacted*"
"""What the server writes for names and arguments that ``hide-user-data-from-log`` keeps out of its log."""


def is_telling(value: str, vocabulary: Vocabulary) -> bool:
    """Whether ``value`` can be looked for by itself without taking ordinary words and figures for it."""
    if len(value) < LEAST or value.isdecimal() or vocabulary.holds(value):
        return False
    return not _is_torn(value, vocabulary)


def _is_torn(value: str, vocabulary: Vocabulary) -> bool:
    """Whether a torn line made a name of the beginning of a public one: ``x86_64-``, ``127.0.0.``, ``*redacted``."""
    if any(whole.startswith(value) for whole in (*_PUBLIC_ADDRESSES, HIDDEN_BY_THE_SERVER)):
        return True
    pieces = _GLUE.split(value)
    if len(pieces) > 1 and all(_PUBLIC_ENDPOINT.fullmatch(piece) or vocabulary.is_public(piece) for piece in pieces):
        # A field that runs into the next one, of a line that lost a blank; a frame behind an argument without an end.
        return True
    return "-" in value and vocabulary.begins(value.rstrip("-"))


def _joins(left: str, right: str) -> bool:
    """Whether two neighbours are of one token, so that what ends or begins between them does not stand alone."""
    return (left.isalnum() or left == "_") and (right.isalnum() or right == "_")

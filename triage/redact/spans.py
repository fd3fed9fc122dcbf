"""Stretches of a text that are to be replaced, and how those that overlap are settled."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """``text[start:end]`` becomes ``new``; of two that overlap the lower ``rank`` wins, then the longer one."""

    start: int
    end: int
    new: str
    rank: int = 0


def replaced(text: str, spans: Sequence[Span]) -> str:
    """``text`` with the winning spans replaced, each once: a pseudonym is never looked at again."""
    if not spans:
        return text
    taken: list[Span] = []
    starts: list[int] = []
    for span in sorted(spans, key=lambda span: (span.rank, span.start - span.end, span.start)):
        place = bisect_left(starts, span.start)
        behind_the_last = place == 0 or taken[place - 1].end <= span.start
        before_the_next = place == len(taken) or span.end <= taken[place].start
        if span.start < span.end and behind_the_last and before_the_next:
            taken.insert(place, span)
            starts.insert(place, span.start)
    parts: list[str] = []
    at = 0
    for span in taken:
        parts += [text[at : span.start], span.new]
        at = span.end
    return "".join([*parts, text[at:]])

"""Stretches of a text that are to be replaced, and how those that overlap are settled."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` becomes ``new``; of two that overlap the lower ``rank`` wins, then the longer one."""

    start: int
    end: int
    new: str
    rank: int = 0


def replaced(text: str, spans: Iterable[Span]) -> str:
    """``text`` with the winning spans replaced, each once: a pseudonym is never looked at again."""
    taken: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.rank, span.start - span.end, span.start)):
        if span.start < span.end and all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    parts: list[str] = []
    at = 0
    for span in sorted(taken, key=lambda span: span.start):
        parts += [text[at : span.start], span.new]
        at = span.end
    return "".join([*parts, text[at:]])

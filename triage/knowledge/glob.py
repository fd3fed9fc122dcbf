"""Matches a text against a pattern in which ``*`` stands for anything, in linear time."""

from collections.abc import Sequence
from functools import lru_cache


def glob_matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern. Nothing but ``*`` is special, so C expressions can be written as is.

    Each piece between two stars is looked for once, from left to right: a hostile text cannot make it slow.
    """
    head, *pieces = pattern.split("*")
    if not pieces:
        return text == pattern
    tail = pieces.pop()
    if not text.startswith(head) or len(text) < len(head) + len(tail):
        return False
    at, end = len(head), len(text) - len(tail)
    for piece in pieces:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return text.endswith(tail)


def first_match(pattern: str, lines: Sequence[str | None]) -> str | None:
    """The first line that fits the pattern; only those that hold its longest piece are looked at closely."""
    text = _joined(tuple(lines))
    piece = max(pattern.split("*"), key=len)
    at = text.find(piece)
    while at >= 0:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[text.rfind("\n", 0, at) + 1 : end]
        if glob_matches(pattern, line):
            return line
        at = text.find(piece, end + 1)
    return None


@lru_cache(maxsize=1)
def _joined(lines: tuple[str | None, ...]) -> str:
    return "\n".join(line for line in lines if line is not None)

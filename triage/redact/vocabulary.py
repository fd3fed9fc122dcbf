"""Words that nobody's privacy depends on: the server's own, and those that one analysis must keep as facts."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from triage.patterns import compiled

_PIECE = compiled(r"[a-z]+")
_HEX_NUMBER = compiled(r"-?0x[0-9a-f]+|[0-9a-f]{8,16}")
_FIGURE = compiled(r"[+-]?\d[\d.,:/\-]*(?:[kmgt]?i?b?|ms|us|s|%|x)?|p\d[\d.]*|\d{4}-\d\d-\d\dt\d\d")
"""Numbers with their unit, percentiles, and the date of an ISO time up to its first colon."""
_NUMBERED = compiled(r"(?P<stem>[a-z_\-]+?)_?\d{1,2}")
SHORT = 2
"""Pieces of a word up to this many letters tell nothing."""


@cache
def server_words() -> frozenset[str]:
    """The words of the server's own messages, commands, settings and INFO keys, in lower case."""
    text = Path(__file__).with_name("vocabulary.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(word[:at] for word in server_words() for at, char in enumerate(word) if char == "-")


class Vocabulary:
    """The server's words, and facts of one analysis: functions, modules, threads, versions, settings."""

    def __init__(self, facts: Iterable[str]) -> None:
        self._words = server_words() | {fact.lower() for fact in facts}
        self._public: dict[str, bool] = {}

    def holds(self, word: str) -> bool:
        """Whether ``word`` is one of them as it stands."""
        return word.lower() in self._words

    def begins(self, word: str) -> bool:
        """Whether ``word`` is one of them, or what stands before a hyphen in one of the server's words."""
        return self.holds(word) or word.lower() in _beginnings()

    def is_public(self, token: str) -> bool:
        """Whether ``token`` is a known word, a figure, or put together of known words (``used_memory``)."""
        known = self._public.get(token)
        if known is None:
            known = self._public[token] = self._is_public(token.lower())
        return known

    def are_public(self, tokens: Sequence[str]) -> bool:
        """Whether each of ``tokens`` is public. Most have been asked for before, in other lines of the log."""
        return all(map(self._public.get, tokens)) or all(map(self.is_public, tokens))

    def _is_public(self, token: str) -> bool:
        if token in self._words or _FIGURE.fullmatch(token) or _HEX_NUMBER.fullmatch(token):
            return True
        if re.search(r"[a-z]\d|\d[a-z]", token):
            numbered = _NUMBERED.fullmatch(token)
            return numbered is not None and (len(numbered["stem"]) <= SHORT or numbered["stem"] in self._words)
        return all(len(piece) <= SHORT or piece in self._words for piece in _PIECE.findall(token))

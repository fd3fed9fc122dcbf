"""Finds the few lines of a block that a terminal matches, without looking at the others one by one."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.line_heads import heads_at, words_of
from triage.logs.line_masks import LineMasks
from triage.logs.prefixes import Prefixes
from triage.logs.scan_literals import INNER_LENGTH, LONGEST_HEAD, SHORTEST_HEAD, Literals, literals_of
from triage.terminals import terminals

_HASH = np.uint32(0x9E3779B1)
_HASH_SHIFT = np.uint32(16)
_PIECE = 1 << 16
_WORD = 4
_ATTENTION = 2
"""Lines of levels from notice on, and those without a level, are given to patterns without any literal."""


@dataclass(frozen=True)
class Terminal:
    """A terminal of a grammar; ``rank`` is its place in the order of trial."""

    grammar: str
    name: str
    rank: int
    expression: str

    @cached_property
    def pattern(self) -> "re.Pattern[str]":
        """Compiled when the first line is tried: most terminals match nothing in most logs."""
        return re.compile(self.expression, re.DOTALL)

    @cached_property
    def octets(self) -> "re.Pattern[bytes]":
        """The pattern for undecoded lines."""
        return re.compile(self.expression.encode(), re.DOTALL)

    @cached_property
    def masks(self) -> LineMasks:
        """What is known of lines that were tried before."""
        return LineMasks.of(self.octets)


class Candidate(NamedTuple):
    """A line that a terminal may match."""

    row: int
    terminal: Terminal


@dataclass(frozen=True, slots=True)
class _WordSet:
    """A set of 4-byte words that answers for many words at once: a hashed table first, then the sorted words."""

    table: NDArray[np.bool_]
    words: NDArray[np.uint32]

    @classmethod
    def of(cls, words: Iterable[int]) -> "_WordSet":
        known = np.array(sorted(words), dtype=np.uint32)
        table = np.zeros(1 << 16, dtype=np.bool_)
        table[(known * _HASH) >> _HASH_SHIFT] = True
        return cls(table, known)

    def find(self, words: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which of ``words`` are in the set, and as which of ``self.words``."""
        # In pieces, so that what is worked out in between stays in the processor's cache.
        pieces = [
            np.flatnonzero(self.table.take((words[at : at + _PIECE] * _HASH) >> _HASH_SHIFT)) + at
            for at in range(0, len(words), _PIECE)
        ]
        hits = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
        if not len(hits):
            return hits, hits
        places = np.minimum(np.searchsorted(self.words, words[hits]), len(self.words) - 1)
        exact = self.words[places] == words[hits]
        return hits[exact], places[exact]


class Matcher:
    """Knows the literals of all terminals of some grammars."""

    def __init__(self, grammars: Sequence[str]) -> None:
        self._terminals: list[Terminal] = []
        self._heads: dict[int, list[tuple[bytes, Terminal]]] = defaultdict(list)
        self._inner: dict[int, list[tuple[int, bytes, Terminal]]] = defaultdict(list)
        self._first: list[tuple[NDArray[np.bool_], Terminal]] = []
        known = literals_of(tuple(grammars))
        for grammar in grammars:
            for name, expression in terminals(grammar).items():
                self._add(Terminal(grammar, name, len(self._terminals), expression), known[expression])
        self._head_words = _WordSet.of(self._heads)
        self._inner_words = _WordSet.of(self._inner)

    def heads(self, block: Block, prefixes: Prefixes) -> dict[Terminal, NDArray[np.int64]]:
        """The lines whose message begins like one of a terminal, per terminal."""
        rows, places = self._head_words.find(block.words[prefixes.messages].astype(np.uint32))
        order = np.argsort(places.astype(np.uint16), kind="stable")
        rows, bounds = rows[order], np.cumsum(np.bincount(places, minlength=len(self._head_words.words)))
        begins = heads_at(block, prefixes.messages[rows], LONGEST_HEAD)
        found: dict[Terminal, list[NDArray[np.int64]]] = defaultdict(list)
        for place in np.unique(places).tolist():
            here = slice(bounds[place - 1] if place else 0, bounds[place])
            for head, terminal in self._heads[int(self._head_words.words[place])]:
                fitting = rows[here][_beginning_with(head, begins[here])]
                if len(fitting):
                    found[terminal].append(fitting)
        return {
            terminal: parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))
            for terminal, parts in found.items()
        }

    def elsewhere(self, block: Block, prefixes: Prefixes, open_rows: NDArray[np.bool_]) -> list[Candidate]:
        """The lines among ``open_rows`` that the terminals without a fixed beginning may match."""
        return self._by_inner(block, open_rows) + self._by_first(block, prefixes, open_rows)

    def _by_inner(self, block: Block, open_rows: NDArray[np.bool_]) -> list[Candidate]:
        words = np.frombuffer(block.data, dtype="<u4", count=len(block.data) // _WORD)
        hits, places = self._inner_words.find(words)
        found: dict[tuple[int, str], Candidate] = {}
        for hit, place in zip(hits.tolist(), places.tolist(), strict=True):
            for offset, literal, terminal in self._inner[int(self._inner_words.words[place])]:
                start = hit * _WORD - offset
                if start >= 0 and block.data.startswith(literal, start):
                    row = int(np.searchsorted(block.starts, start, side="right")) - 1
                    if open_rows[row]:
                        found[row, terminal.name] = Candidate(row, terminal)
        return list(found.values())

    def _by_first(self, block: Block, prefixes: Prefixes, open_rows: NDArray[np.bool_]) -> list[Candidate]:
        first = block.octets[prefixes.messages]
        asked = open_rows & (prefixes.levels >= _ATTENTION) & (prefixes.ends > prefixes.messages)
        return [
            Candidate(row, terminal)
            for allowed, terminal in self._first
            for row in np.flatnonzero(allowed[first] & asked).tolist()
        ]

    def _add(self, terminal: Terminal, wanted: Literals) -> None:
        self._terminals.append(terminal)
        for head in sorted(wanted.heads):
            self._heads[int.from_bytes(head[:SHORTEST_HEAD], "little")].append((head, terminal))
        for literal in sorted(wanted.inner):
            for offset in range(INNER_LENGTH - _WORD + 1):
                word = int.from_bytes(literal[offset : offset + _WORD], "little")
                self._inner[word].append((offset, literal, terminal))
        if wanted.first:
            self._first.append((np.isin(np.arange(256), list(wanted.first)), terminal))


@cache
def matcher_of(*grammars: str) -> Matcher:
    """The matcher of some grammars, made once."""
    return Matcher(grammars)


def _beginning_with(head: bytes, begins: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which of ``begins`` start with ``head``, compared 8 bytes at a time."""
    good = np.ones(len(begins), dtype=np.bool_)
    for offset in range(0, len(head), 8):
        part = head[offset : offset + 8]
        mask = np.uint64((1 << 8 * len(part)) - 1)
        good &= (words_of(begins, offset) & mask) == np.uint64(int.from_bytes(part, "little"))
    return good

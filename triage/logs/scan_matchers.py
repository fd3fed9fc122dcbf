"""Finds the few lines of a block that a terminal matches, without looking at the others one by one."""

import re
from collections.abc import Sequence
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.line_masks import LineMasks
from triage.logs.prefixes import Prefixes
from triage.logs.scan_backend import Backend, Rows, backend
from triage.logs.scan_literals import literals_of
from triage.patterns import compiled
from triage.records import dataclass
from triage.terminals import terminals

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
        return compiled(self.expression, re.DOTALL)

    @cached_property
    def masks(self) -> LineMasks:
        """What is known of lines that were tried before."""
        return LineMasks.of(self.pattern)


class Candidate(NamedTuple):
    """A line that a terminal may match."""

    row: int
    terminal: Terminal


class Found(NamedTuple):
    """The lines of a block that may match, by what begins their message and by what stands in it."""

    heads: dict[Terminal, Rows]
    inner: list[Candidate]


class Matcher:
    """Knows the literals of all terminals of some grammars."""

    def __init__(self, grammars: Sequence[str], by: Backend) -> None:
        self._terminals: list[Terminal] = []
        self._first: list[tuple[NDArray[np.bool_], Terminal]] = []
        heads: list[tuple[bytes, int]] = []
        inner: list[tuple[bytes, int]] = []
        known = literals_of(tuple(grammars))
        for grammar in grammars:
            for name, expression in terminals(grammar).items():
                rank = len(self._terminals)
                self._terminals.append(Terminal(grammar, name, rank, expression))
                wanted = known[expression]
                heads += [(head, rank) for head in sorted(wanted.heads)]
                inner += [(literal, rank) for literal in sorted(wanted.inner)]
                if wanted.first:
                    self._first.append((np.isin(np.arange(256), list(wanted.first)), self._terminals[-1]))
        self._finder = by.literal_finder(heads, inner)

    def find(self, block: Block, prefixes: Prefixes) -> Found:
        """The lines with a literal of a terminal."""
        heads, inner = self._finder.find(block, prefixes)
        return Found(
            {self._terminals[number]: rows for number, rows in heads.items()},
            [Candidate(row, self._terminals[number]) for row, number in inner],
        )

    def by_first(self, block: Block, prefixes: Prefixes, open_rows: NDArray[np.bool_]) -> list[Candidate]:
        """The lines among ``open_rows`` that the terminals without any literal may match, by their first byte."""
        rows = np.flatnonzero(open_rows & (prefixes.levels >= _ATTENTION))
        rows = rows[prefixes.ends[rows] > prefixes.messages[rows]]
        first = block.octets[prefixes.messages[rows]]
        return [
            Candidate(row, terminal) for allowed, terminal in self._first for row in rows[allowed[first]].tolist()
        ]


@cache
def matcher_of(backend_name: str, *grammars: str) -> Matcher:
    """The matcher of some grammars, made once for a backend."""
    return Matcher(grammars, backend(backend_name))

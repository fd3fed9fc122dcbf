"""What the scan does to whole blocks of lines, in C where that was built, else with numpy; both give the same."""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from triage.logs.blocks import Block
    from triage.logs.prefixes import Prefixes

CHOICE = "TRIAGE_SCAN"
"""The environment variable that may say ``portable`` or ``native``."""

Offsets = NDArray[np.int64]
Rows = NDArray[np.int64]
Times = NDArray[np.int64]


class Tally(NamedTuple):
    """What the prefixes of a block's lines have in common.

    ``first`` and ``last`` are the rows of the first and the last line with a time, -1 without any; ``earliest`` and
    ``latest`` the bounds of the times of lines with a level, in wall-clock milliseconds (without any, the earliest is
    behind the latest). ``kinds`` counts the lines by kind; ``pid_runs`` are the rows where the pid
    changes, from row 0 on.
    """

    first: int
    last: int
    earliest: int
    latest: int
    kinds: NDArray[np.int64]
    pid_runs: Rows


class Taken(NamedTuple):
    """Lines with newlines between them; ``begins`` and ``tails`` are the bytes around the message in each."""

    text: bytes
    begins: NDArray[np.int32]
    tails: NDArray[np.int32]


class ColumnReader(Protocol):
    """Reads the prefixes that stand in fixed columns, block after block."""

    def read(self, block: "Block") -> tuple["Prefixes", Rows]:
        """What it read, and the lines that may have a prefix of another kind. Times are as the lines state them."""
        ...


class LiteralFinder(Protocol):
    """Knows literals that begin messages and literals that stand inside them, by the number of their terminal."""

    def find(self, block: "Block", prefixes: "Prefixes") -> tuple[Mapping[int, Rows], list[tuple[int, int]]]:
        """The lines with such a beginning, ascending, by terminal; and (row, terminal) for each inner literal."""
        ...


class Backend(Protocol):
    """One way to work on blocks."""

    name: str

    def split(self, data: bytes, size: int) -> tuple[Offsets, Offsets]:
        """The starts and ends of the lines in the first ``size`` bytes, without their ends (LF or CRLF)."""
        ...

    def column_reader(self) -> ColumnReader:
        """A reader of prefixes for one log."""
        ...

    def literal_finder(self, heads: Iterable[tuple[bytes, int]], inner: Iterable[tuple[bytes, int]]) -> LiteralFinder:
        """A finder of these literals, each with the number of its terminal."""
        ...

    def alike(
        self, block: "Block", starts: Offsets, ends: Offsets, *, exact: bool = False
    ) -> tuple[NDArray[np.int64], Rows]:
        """Groups parts of lines that differ in digits alone, or (``exact``) not at all.

        Gives the group of each, and the first place of each group.
        """
        ...

    def take(self, block: "Block", prefixes: "Prefixes", rows: Rows) -> Taken:
        """Some lines of a block."""
        ...

    def tally(self, prefixes: "Prefixes") -> Tally:
        """What the prefixes have in common."""
        ...

    def count_times(
        self, times: Times, levels: NDArray[np.uint8] | None, width_ms: int, first: int, counts: NDArray[np.int64]
    ) -> None:
        """Add to ``counts`` the times in its buckets, which begin with number ``first`` of those of ``width_ms``.

        It has a row for each level, or one for all lines. Lines without a time or without such a level are left out;
        raises ``ValueError`` for a time outside the buckets.
        """
        ...


@cache
def backend(name: str | None = None) -> Backend:
    """The backend called ``portable`` or ``native``; by default what the environment says, else the faster one.

    Raises ``ImportError`` if the native one is asked for and was not built.
    """
    name = name or os.environ.get(CHOICE)
    if name != "portable":
        try:
            from triage.logs.native_backend import Native

            return Native()
        except ImportError:
            if name == "native":
                raise
    from triage.logs.portable_backend import Portable

    return Portable()

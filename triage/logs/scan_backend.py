"""What the scan does to whole blocks of lines, in C where that was built, else with numpy; both give the same."""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from triage.logs.blocks import Block
    from triage.logs.prefixes import Prefixes

CHOICE = "TRIAGE_SCAN"
"""The environment variable that may say ``portable`` or ``native``."""

Offsets = NDArray[np.int64]
Rows = NDArray[np.int64]


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

    def alike(self, block: "Block", starts: Offsets, ends: Offsets) -> tuple[NDArray[np.int64], Rows]:
        """Groups parts of lines that differ in digits alone: the group of each, and the first place of each group."""
        ...

    def join(self, block: "Block", starts: Offsets, ends: Offsets) -> bytes:
        """Parts of a block with newlines between them."""
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

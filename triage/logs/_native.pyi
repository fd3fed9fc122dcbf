"""The scanner in C (``native/``), which is built where there is a compiler. Offsets are arrays of int64 as bytes.

``data`` is a block with its padding; ``starts`` and ``ends`` are offsets of lines, or of parts of lines, into it.
Functions raise ``ValueError`` for offsets beyond the block and for tables that are not sane.
"""

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

PrefixTables = tuple[Array, Array, Array, Array, Array, int, int]
"""Families, layouts, classes, which bytes may begin a prefix, levels by letter; no level, no zone."""
LiteralTable = tuple[Array, Array]
"""Literals, slots."""

def split(data: bytes, size: int, /) -> tuple[bytes, bytes]:
    """The starts and ends of the lines in the first ``size`` bytes, which end in a newline."""

def read_prefixes(
    data: bytes,
    starts: Array,
    ends: Array,
    tables: PrefixTables,
    columns: tuple[Array, ...],
    counts: Array,
    /,
) -> tuple[bytes, bytes]:
    """Fill the columns of ``Prefixes``; returns undecided rows, and (row, offset, layout) where runs of dates begin.

    ``counts`` gets the lines per layout added.
    """

def find_literals(
    data: bytes, starts: Array, ends: Array, heads: LiteralTable, inner: LiteralTable, /
) -> tuple[bytes, bytes]:
    """``row << 16 | terminal`` for each head that a message begins with; the same for each literal inside it."""

def group_alike(data: bytes, starts: Array, ends: Array, exact: bool, /) -> tuple[bytes, bytes]:
    """The group of each line, and the first line of each: its lines are equal (``exact``), or but for digits."""

def take(
    data: bytes, starts: Array, ends: Array, messages: Array, message_ends: Array, rows: Array, /
) -> tuple[bytes, bytes, bytes]:
    """Some lines with newlines between them, and the bytes before and behind the message of each as int32."""

def tally(
    kinds: Array, levels: Array, pids: Array, times: Array, no_level: int, /
) -> tuple[int, int, int, int, bytes, bytes]:
    """The first and last row with a time (or -1), the earliest and latest time, lines by kind, rows of new pids.

    The two times are those of lines with a level; without any the earliest is behind the latest.
    """

def count_times(times: Array, levels: Array | bytes, width: int, first: int, series: int, counts: Array, /) -> None:
    """Add times to the counts of their buckets, of which each series has the same number; no levels: one series."""

def add_days(times: Array, zones: Array, days: Array, /) -> None:
    """Add to the times of day what ``days`` say: the row from which on, the midnight, the zone."""

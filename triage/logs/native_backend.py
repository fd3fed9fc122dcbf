"""Works on blocks with the scanner in C, which leaves the interpreter to other threads meanwhile."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from triage.logs import _native
from triage.logs.blocks import Block
from triage.logs.native_tables import Table, literal_table, prefix_tables, stamps
from triage.logs.prefixes import NO_LEVEL, Prefixes
from triage.logs.scan_backend import Offsets, Rows, Taken, Tally, Times
from triage.logs.scan_literals import INNER_LENGTH
from triage.logs.stamp_columns import day_at, form_of

_WORD = 4
_TERMINAL_BITS = 16


class Native:
    """The backend in C."""

    name = "native"

    def split(self, data: bytes, size: int) -> tuple[Offsets, Offsets]:
        """The starts and ends of lines."""
        starts, ends = _native.split(data, size)
        return _numbers(starts), _numbers(ends)

    def column_reader(self) -> "_Columns":
        """A reader of prefixes."""
        return _Columns()

    def literal_finder(self, heads: Iterable[tuple[bytes, int]], inner: Iterable[tuple[bytes, int]]) -> "_Literals":
        """A finder of literals."""
        return _Literals(heads, inner)

    def alike(
        self, block: Block, starts: Offsets, ends: Offsets, *, exact: bool = False
    ) -> tuple[NDArray[np.int64], Rows]:
        """Groups of parts that are equal or differ in digits alone."""
        groups, firsts = _native.group_alike(block.data, starts, ends, exact)
        return _numbers(groups), _numbers(firsts)

    def take(self, block: Block, prefixes: Prefixes, rows: Rows) -> Taken:
        """Lines as one text, and where their messages lie in them."""
        lines = block.data, block.starts, block.ends
        text, begins, tails = _native.take(*lines, prefixes.messages, prefixes.ends, rows)
        return Taken(text, np.frombuffer(begins, np.int32), np.frombuffer(tails, np.int32))

    def tally(self, prefixes: Prefixes) -> Tally:
        """What the prefixes have in common."""
        columns = prefixes.kinds, prefixes.levels, prefixes.pids, prefixes.times
        first, last, earliest, latest, kinds, runs = _native.tally(*columns, NO_LEVEL)
        return Tally(first, last, earliest, latest, _numbers(kinds), _numbers(runs))

    def count_times(
        self, times: Times, levels: NDArray[np.uint8] | None, width_ms: int, first: int, counts: NDArray[np.int64]
    ) -> None:
        """Add the times to the counts of their buckets."""
        _native.count_times(times, b"" if levels is None else levels, width_ms, first, len(counts), counts)


class _Columns:
    def read(self, block: Block) -> tuple[Prefixes, Rows]:
        found = Prefixes.unfilled(len(block))
        counts = np.zeros(len(stamps()), dtype=np.int64)
        undecided, dates = _native.read_prefixes(
            block.data, block.starts, block.ends, prefix_tables(), found.columns, counts
        )
        for number in np.flatnonzero(counts).tolist():
            stamp = stamps()[number]
            if stamp is not None:
                found.count_stamp(form_of(stamp), int(counts[number]))
        _add_dates(block, found, _numbers(dates).reshape(-1, 3))
        return found, _numbers(undecided)


class _Literals:
    def __init__(self, heads: Iterable[tuple[bytes, int]], inner: Iterable[tuple[bytes, int]]) -> None:
        self._heads: tuple[Table, Table] = literal_table(
            (text, _WORD if len(text) >= 2 * _WORD else 0, terminal) for text, terminal in heads
        )
        self._inner: tuple[Table, Table] = literal_table(
            (text, offset, terminal) for text, terminal in inner for offset in range(INNER_LENGTH - _WORD + 1)
        )

    def find(self, block: Block, prefixes: Prefixes) -> tuple[Mapping[int, Rows], list[tuple[int, int]]]:
        heads, inner = _native.find_literals(block.data, prefixes.messages, prefixes.ends, self._heads, self._inner)
        rows, terminals = _unpacked(heads)
        by_terminal: dict[int, Rows] = {}
        grouped, end = rows[np.argsort(terminals, kind="stable")], 0
        for terminal, count in enumerate(np.bincount(terminals).tolist()):
            if count:
                by_terminal[terminal] = grouped[end : end + count]
                end += count
        rows, terminals = _unpacked(inner)
        return by_terminal, list(dict.fromkeys(zip(rows.tolist(), terminals.tolist(), strict=True)))


def _numbers(octets: bytes) -> NDArray[np.int64]:
    return np.frombuffer(octets, dtype=np.int64)


def _unpacked(codes: bytes) -> tuple[Rows, NDArray[np.uint16]]:
    numbers = _numbers(codes)
    return numbers >> _TERMINAL_BITS, numbers.astype(np.uint16)


def _add_dates(block: Block, found: Prefixes, runs: NDArray[np.int64]) -> None:
    """Add the midnight to the time of day of each line; ``runs`` are (row, offset, layout) of lines of one date."""
    days = [(row, *day_at(block, offset, stamps()[number])) for row, offset, number in runs.tolist()]
    if days:
        _native.add_days(found.times, found.zones, np.array(days, dtype=np.int64))

"""Works on blocks with the scanner in C, which leaves the interpreter to other threads meanwhile."""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from triage.logs import _native
from triage.logs.blocks import Block
from triage.logs.native_tables import Table, literal_table, prefix_tables
from triage.logs.prefixes import Prefixes
from triage.logs.scan_backend import Offsets, Rows
from triage.logs.scan_layouts import Layout, families
from triage.logs.scan_literals import INNER_LENGTH
from triage.logs.scanned import NO_TIME
from triage.logs.stamp_columns import day_at, form_of, spread_days

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

    def alike(self, block: Block, starts: Offsets, ends: Offsets) -> tuple[NDArray[np.int64], Rows]:
        """Groups of lines that differ in digits alone."""
        groups, firsts = _native.group_alike(block.data, starts, ends)
        return _numbers(groups), _numbers(firsts)

    def join(self, block: Block, starts: Offsets, ends: Offsets) -> bytes:
        """Parts of a block with newlines between them."""
        return _native.join(block.data, starts, ends)


class _Columns:
    def read(self, block: Block) -> tuple[Prefixes, Rows]:
        found = Prefixes.unfilled(len(block))
        counts = np.zeros(len(_layouts()), dtype=np.int64)
        undecided, dates = _native.read_prefixes(
            block.data, block.starts, block.ends, prefix_tables(), found.columns, counts
        )
        for number in np.flatnonzero(counts).tolist():
            stamp = _layouts()[number].stamp
            if stamp is not None:
                found.count_stamp(form_of(stamp), int(counts[number]))
        _add_dates(block, found, _numbers(dates).reshape(-1, 3))
        return found, _numbers(undecided)


class _Literals:
    def __init__(self, heads: Iterable[tuple[bytes, int]], inner: Iterable[tuple[bytes, int]]) -> None:
        self._heads: tuple[Table, Table] = literal_table((text, 0, terminal) for text, terminal in heads)
        self._inner: tuple[Table, Table] = literal_table(
            (text, offset, terminal) for text, terminal in inner for offset in range(INNER_LENGTH - _WORD + 1)
        )

    def find(self, block: Block, prefixes: Prefixes) -> tuple[Mapping[int, Rows], list[tuple[int, int]]]:
        heads, inner = _native.find_literals(block.data, prefixes.messages, prefixes.ends, self._heads, self._inner)
        rows, terminals = _unpacked(heads)
        by_terminal = {number: rows[terminals == number] for number in set(terminals.tolist())}
        rows, terminals = _unpacked(inner)
        return by_terminal, list(dict.fromkeys(zip(rows.tolist(), terminals.tolist(), strict=True)))


@cache
def _layouts() -> tuple[Layout, ...]:
    return tuple(layout for family in families() for layout in family.layouts)


def _numbers(octets: bytes) -> NDArray[np.int64]:
    return np.frombuffer(octets, dtype=np.int64)


def _unpacked(codes: bytes) -> tuple[Rows, NDArray[np.int64]]:
    numbers = _numbers(codes)
    return numbers >> _TERMINAL_BITS, numbers & ((1 << _TERMINAL_BITS) - 1)


def _add_dates(block: Block, found: Prefixes, runs: NDArray[np.int64]) -> None:
    """Add the midnight to the time of day of each line; ``runs`` are (row, offset, layout) of lines of one date."""
    if not len(runs):
        return
    days = [day_at(block, offset, _layouts()[number].stamp) for _, offset, number in runs.tolist()]
    first = int(runs[0, 0])
    midnights, day_zones = spread_days(days, runs[:, 0], len(block))
    times, zones = found.times[first:], found.zones[first:]
    stamped = times != NO_TIME
    np.add(times, midnights, out=times, where=stamped)
    times[stamped & (midnights == NO_TIME)] = NO_TIME
    np.copyto(zones, day_zones, where=stamped)

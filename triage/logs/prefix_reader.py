"""Reads the prefixes of a log, block after block: fixed columns in bulk, other lines one by one, then their years."""

from dataclasses import field

import numpy as np

from triage.logs.blocks import Block
from triage.logs.instants import offset_between
from triage.logs.prefix_single import HandlerLine, read_one_by_one
from triage.logs.prefixes import HANDLER, Prefixes
from triage.logs.scan_backend import Backend, ColumnReader, Tally, backend
from triage.logs.scanned import NO_TIME
from triage.logs.year_counter import YearCounter
from triage.model.instant import YEARS_KNOWN_FROM_MS
from triage.records import dataclass

_NEAR = 200


@dataclass(slots=True)
class PrefixReader:
    """Reads block after block of one log."""

    by: Backend = field(default_factory=backend)
    years: YearCounter = field(default_factory=YearCounter)
    _columns: ColumnReader = field(init=False)
    _last_time: int = NO_TIME

    def __post_init__(self) -> None:
        self._columns = self.by.column_reader()

    def read(self, block: Block) -> tuple[Prefixes, Tally]:
        """The prefixes of the block's lines, and what they have in common."""
        found, open_rows = self._columns.read(block)
        handlers = read_one_by_one(block, found, open_rows)
        tally = self.by.tally(found)
        moved = self.years.count(found.times, tally, block.first_line)
        self._place_handlers(found, handlers)
        if moved or handlers:
            tally = self.by.tally(found)
        if tally.last >= 0:
            self._last_time = int(found.times[tally.last])
        return found, tally

    def _place_handlers(self, found: Prefixes, handlers: list[HandlerLine]) -> None:
        """Signal handlers write Unix time; the stamps of the lines around them tell the zone of the clock face."""
        for row, epoch_ms in handlers:
            neighbour = self._time_near(found, row)
            if neighbour == NO_TIME:
                found.times[row], found.zones[row] = epoch_ms, 0
                continue
            if neighbour < YEARS_KNOWN_FROM_MS:
                found.times[row] = self.years.beside(neighbour, epoch_ms) or NO_TIME
                continue
            minutes = offset_between(neighbour, epoch_ms)
            if minutes is not None:
                found.times[row] = epoch_ms + minutes * 60_000

    def _time_near(self, found: Prefixes, row: int) -> int:
        # The next line comes within moments, the one before may be hours old.
        stamped = (found.times != NO_TIME) & (found.kinds < HANDLER)
        after = np.flatnonzero(stamped[row : row + _NEAR])
        if len(after):
            return int(found.times[row + after[0]])
        before = np.flatnonzero(stamped[:row])
        return int(found.times[before[-1]]) if len(before) else self._last_time

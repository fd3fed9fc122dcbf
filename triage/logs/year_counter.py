"""Counts the turns of the year in a log whose stamps have no year, and learns which year it was."""

from dataclasses import field
from datetime import MAXYEAR, MINYEAR, date, timedelta

import numpy as np
from numpy.typing import NDArray

from triage.logs.instants import offset_between
from triage.logs.scan_backend import Tally
from triage.logs.scanned import NO_TIME
from triage.logs.years import Years, dated_ms, turns_of
from triage.model.instant import LEAP_YEAR_MS, YEARS_KNOWN_FROM_MS
from triage.records import dataclass

_DAY_MS = 86_400_000
_HALF_A_YEAR_MS = 183 * _DAY_MS
_EPOCH = date(1970, 1, 1)


@dataclass(slots=True)
class YearCounter:
    """Counts the turns of the year over the blocks of a log, and learns from Unix times which year it was."""

    turns: list[tuple[int, int]] = field(default_factory=list)
    first: int | None = None
    source: str | None = None
    _turned: int = 0
    _last: int = NO_TIME
    _before: int = NO_TIME
    """The last time of any kind."""

    def count(self, times: NDArray[np.int64], tally: Tally, first_line: int) -> bool:
        """Move the yearless times of a block, in place, behind the turns of the year before; tells if any moved."""
        if tally.earliest >= YEARS_KNOWN_FROM_MS and self._last == NO_TIME:
            if tally.last >= 0:
                self._before = int(times[tally.last])
            return False
        timed = np.flatnonzero(times != NO_TIME)
        rows = timed[times[timed] < YEARS_KNOWN_FROM_MS]
        if len(rows):
            self._turn(times, rows, first_line)
        if len(timed) and (self._last != NO_TIME) and self.first is None:
            self._compare(np.append(self._before, times[timed]))
        if len(timed):
            self._before = int(times[timed[-1]])
        return len(rows) > 0

    def years(self) -> Years:
        """What was counted and learned."""
        return Years(self._last != NO_TIME, tuple(self.turns), self.first, self.source)

    def _turn(self, times: NDArray[np.int64], rows: NDArray[np.int64], first_line: int) -> None:
        own = times[rows]
        steps = np.diff(own, prepend=own[0] if self._last == NO_TIME else self._last)
        self._last = int(own[-1])
        turned = np.full(len(rows), self._turned, dtype=np.int64)
        for at in np.flatnonzero(np.abs(steps) > _HALF_A_YEAR_MS).tolist():
            # Writers overtake each other at midnight: a step forward over half a year takes a turn back.
            self._turned = max(0, self._turned + (1 if steps[at] < 0 else -1))
            turned[at:] = self._turned
            self.turns.append((first_line + int(rows[at]), self._turned))
        times[rows] += turned * LEAP_YEAR_MS

    def _compare(self, times: NDArray[np.int64]) -> None:
        """A server that was upgraded in this log writes years from some line on; a downgraded one stops to."""
        known = times >= YEARS_KNOWN_FROM_MS
        changes = np.flatnonzero((known[1:] != known[:-1]) & (times[:-1] != NO_TIME))
        if not len(changes):
            return
        at = int(changes[0])
        yearless, full = (
            (int(times[at]), int(times[at + 1])) if known[at + 1] else (int(times[at + 1]), int(times[at]))
        )
        year = (_EPOCH + timedelta(days=full // _DAY_MS)).year
        by_year = {near: dated_ms(yearless, near - turns_of(yearless)) for near in _around(year)}
        # Time goes on in a log: what stands before is earlier, if by months. A day is for clocks and several writers.
        if known[at + 1]:
            fitting = [near for near, dated in by_year.items() if dated <= full + _DAY_MS][-1:]
        else:
            fitting = [near for near, dated in by_year.items() if dated >= full - _DAY_MS][:1]
        for near in fitting:
            self.first, self.source = near - turns_of(yearless), "stamps with a year in the same log"

    def beside(self, neighbour_ms: int, utc_ms: int) -> int | None:
        """The clock face, as the log's yearless stamps have it, at a Unix time close to such a stamp."""
        year = (_EPOCH + timedelta(days=utc_ms // _DAY_MS)).year
        turned = turns_of(neighbour_ms)
        candidates = {near - turned: dated_ms(neighbour_ms, near - turned) for near in _around(year)}
        first, dated = min(candidates.items(), key=lambda candidate: abs(candidate[1] - utc_ms))
        minutes = offset_between(dated, utc_ms)
        if minutes is None:
            return None
        if self.source is None:
            self.first, self.source = first, "the Unix time that a signal handler wrote"
        return neighbour_ms + utc_ms + minutes * 60_000 - dated


def _around(year: int) -> range:
    """The year with its neighbours, as far as the calendar has them."""
    return range(max(MINYEAR, year - 1), min(MAXYEAR, year + 1) + 1)

"""The years of timestamps without one (Redis up to 4.0): where in a log a year began, and which year it was.

``read_instant`` places such a stamp in a leap year, so that 29 February has its place. A line behind ``n`` turns of
the year lies ``n`` leap years later: that keeps the order, and gives true dates once the first year is known.
"""

from bisect import bisect_right
from datetime import MAXYEAR, date, timedelta

import numpy as np
from numpy.typing import NDArray

from triage.model import Instant
from triage.model.instant import LEAP_YEAR_MS, YEARLESS_FROM_MS, YEARS_KNOWN_FROM_MS
from triage.records import dataclass

_DAY_MS = 86_400_000
_LEAP_YEAR = date(1972, 1, 1)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Years:
    """``turns`` pairs a 1-based line with the turns of the year up to it; ``first`` is the year before any turn.

    ``first`` is ``None`` if it is unknown; else ``source`` says what told it. ``needed`` says that there are stamps
    without a year.
    """

    needed: bool = False
    turns: tuple[tuple[int, int], ...] = ()
    first: int | None = None
    source: str | None = None

    def place(self, moment: Instant, line: int) -> Instant:
        """A stamp as ``read_instant`` gives it, at its place in the log."""
        if moment.has_year:
            return moment
        index = bisect_right(self.turns, line, key=lambda turn: turn[0]) - 1
        turned = self.turns[index][1] if index >= 0 else 0
        return self.dated(Instant(moment.wall_ms + turned * LEAP_YEAR_MS))

    def dated(self, moment: Instant) -> Instant:
        """A moment at its place in the log with its year, if that is known."""
        if self.first is None or moment.has_year:
            return moment
        return Instant(dated_ms(moment.wall_ms, self.first), moment.utc_offset_minutes)

    def dated_column(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """A column of such moments, in milliseconds."""
        rows = np.flatnonzero((times >= YEARLESS_FROM_MS) & (times < YEARS_KNOWN_FROM_MS))
        if self.first is None or not len(rows):
            return times
        days, which = np.unique(times[rows] // _DAY_MS, return_inverse=True)
        moved = [dated_ms(day * _DAY_MS, self.first) - day * _DAY_MS for day in days.tolist()]
        placed = times.copy()
        placed[rows] += np.array(moved, dtype=np.int64)[which]
        return placed


def turns_of(wall_ms: int) -> int:
    """How many turns of the year lie before a yearless clock face."""
    return (wall_ms - YEARLESS_FROM_MS) // LEAP_YEAR_MS


def dated_ms(wall_ms: int, first_year: int) -> int:
    """The true clock face of a yearless one, if the log's first year was ``first_year``."""
    days, in_day = divmod(wall_ms - YEARLESS_FROM_MS, _DAY_MS)
    turned, day = divmod(days, LEAP_YEAR_MS // _DAY_MS)
    placed = _LEAP_YEAR + timedelta(days=day)
    year = min(first_year + turned, MAXYEAR)
    try:
        true = placed.replace(year=year)
    except ValueError:
        true = date(year, 3, 1)
    return (true - _EPOCH).days * _DAY_MS + in_day

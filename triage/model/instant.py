"""A moment as a log states it: wall clock first, zone only where it is known."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

YEARLESS_FROM_MS = 730 * 86_400_000
"""1972: the leap year in which a clock face without a year (Redis up to 4.0) stands; later turns follow it."""
LEAP_YEAR_MS = 366 * 86_400_000
YEARS_KNOWN_FROM_MS = 10_957 * 86_400_000
"""2000: no server is older."""


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A wall-clock moment.

    ``wall_ms`` counts milliseconds from 1970-01-01 00:00 of the writer's own clock face; differences between two
    instants of one log are therefore right without knowing the zone. ``utc_offset_minutes`` is ``None``
    until the log, INFO or the user states the zone.
    """

    wall_ms: int
    utc_offset_minutes: int | None = None

    @property
    def has_year(self) -> bool:
        """Whether the year is known."""
        return self.wall_ms >= YEARS_KNOWN_FROM_MS or self.utc_offset_minutes is not None

    def isoformat(self) -> str:
        """ISO 8601 with milliseconds; with an offset only if it is known, ``--03-12T…`` if the year is not."""
        if not self.has_year:
            shown = Instant(YEARLESS_FROM_MS + (self.wall_ms - YEARLESS_FROM_MS) % LEAP_YEAR_MS, 0).isoformat()
            return f"--{shown[5:23]}"
        moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self.wall_ms)
        naive = moment.replace(tzinfo=None)
        if self.utc_offset_minutes is None:
            return naive.isoformat(timespec="milliseconds")
        zone = timezone(timedelta(minutes=self.utc_offset_minutes))
        return naive.replace(tzinfo=zone).isoformat(timespec="milliseconds")

    def __str__(self) -> str:
        return self.isoformat()

"""A moment as a log states it: wall clock first, zone only where it is known."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A wall-clock moment.

    ``wall_ms`` counts milliseconds from 1970-01-01 00:00 of the writer's own clock face; differences between two
    instants of one log are therefore right without knowing the zone. ``utc_offset_minutes`` is ``None``
    until the log, INFO or the user states the zone.
    """

    wall_ms: int
    utc_offset_minutes: int | None = None

    def isoformat(self) -> str:
        """ISO 8601 with milliseconds; with an offset only if it is known."""
        moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self.wall_ms)
        naive = moment.replace(tzinfo=None)
        if self.utc_offset_minutes is None:
            return naive.isoformat(timespec="milliseconds")
        zone = timezone(timedelta(minutes=self.utc_offset_minutes))
        return naive.replace(tzinfo=zone).isoformat(timespec="milliseconds")

    def __str__(self) -> str:
        return self.isoformat()

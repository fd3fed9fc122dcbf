"""Reads the timestamps that servers write: legacy (with or without year), ISO 8601, epoch milliseconds."""

from calendar import month_abbr
from datetime import UTC, datetime, timedelta

from triage.model import Instant
from triage.patterns import compiled

_MONTHS = {name: number for number, name in enumerate(month_abbr) if name}
_LEGACY = compiled(r"(\d{1,2}) ([A-Z][a-z]{2})(?: (\d{4}))? (\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?")
_ISO = compiled(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)?")
_MILLISECONDS = compiled(r"\d{12,14}")
_YEAR_10000 = 253_402_300_800
_YEARLESS = 1972
"""Redis up to 4.0 writes no year; ``years.py`` finds it."""


def read_instant(text: str) -> Instant | None:
    """The moment that a log's timestamp states, or ``None`` if it is not one."""
    if match := _LEGACY.fullmatch(text):
        day, month, year, hour, minute, second, millis = match.groups()
        if month not in _MONTHS:
            return None
        return _instant((year or _YEARLESS, _MONTHS[month], day, hour, minute, second), millis or "0", None)
    if match := _ISO.fullmatch(text):
        *calendar, fraction, zone = match.groups()
        return _instant(tuple(calendar), (fraction or "0").ljust(3, "0")[:3], _zone_minutes(zone))
    if _MILLISECONDS.fullmatch(text):
        return Instant(int(text), 0)
    return None


def epoch_instant(seconds: int) -> Instant | None:
    """The moment of a Unix time in seconds, in UTC; ``None`` beyond the year 9999."""
    return Instant(seconds * 1000, 0) if seconds < _YEAR_10000 else None


def offset_between(wall_ms: int, utc_ms: int) -> int | None:
    """Minutes from UTC to the zone of a clock that shows ``wall_ms`` when it is ``utc_ms``.

    Zones lie at quarter hours; ``None`` if the two do not fit one within three minutes, as moments apart do not.
    """
    minutes = round((wall_ms - utc_ms) / 60_000 / 15) * 15
    fits = abs(wall_ms - utc_ms - minutes * 60_000) <= 180_000
    return minutes if fits and abs(minutes) <= 14 * 60 else None


def _instant(calendar: tuple[str | int, ...], millis: str, offset: int | None) -> Instant | None:
    year, month, day, hour, minute, second = (int(part) for part in calendar)
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    return Instant((moment - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1) + int(millis), offset)


def _zone_minutes(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone == "Z":
        return 0
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * 60 + int(zone[-2:]))

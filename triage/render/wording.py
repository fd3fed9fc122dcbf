"""Figures and fixed terms in words that people read: durations, sizes, moments, states."""

from datetime import UTC, datetime, timedelta

from triage.correlate.numbered import numbered
from triage.model import EventKind, FixedStatus, Instant, Kind, Outcome, Status

KINDS = {
    Kind.ASSERTION: "Assertion failed",
    Kind.PANIC: "Server panic",
    Kind.OUT_OF_MEMORY: "Out of memory",
    Kind.SIGNAL: "Fatal signal",
    Kind.WATCHDOG: "Frozen, caught by the watchdog",
    Kind.FATAL_EXIT: "Gave up",
    Kind.MEMORY_TEST_FAILED: "Memory test failed",
    Kind.VANISHED: "Process vanished",
}
STATUSES = {
    Status.KNOWN: "Known issue",
    Status.SUSPECTED: "Suspected issue",
    Status.UNKNOWN: "No known issue",
    Status.NOT_ENOUGH_EVIDENCE: "Not enough evidence",
}
FIXED_STATUSES = {
    FixedStatus.FIXED_LATER: "fixed in a later version",
    FixedStatus.REGRESSION: "this version should hold the fix: a regression",
    FixedStatus.UNFIXED: "no version holds a fix yet",
    FixedStatus.NOT_AFFECTED: "this version is not affected",
    FixedStatus.UNKNOWN: "not known whether a fix exists",
}
OUTCOMES = {
    Outcome.SUPPORTS: "supports",
    Outcome.CONTRADICTS: "contradicts",
    Outcome.NEUTRAL: "neutral",
    Outcome.NOT_APPLICABLE: "not applicable",
}
EVENTS = {
    EventKind.START: "start",
    EventKind.SHUTDOWN: "shutdown",
    EventKind.CHANGE: "change",
    EventKind.FAILOVER: "failover",
    EventKind.SYNC: "sync",
    EventKind.SAVE: "save",
}
LEVELS = {"critical": "Critical", "high": "High", "medium": "Medium", "low": "Low", "info": "Info"}

_SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def duration(seconds: int) -> str:
    """``211`` as ``3 min 31 s``: the two largest units."""
    if seconds < 1:
        return "0 s"
    parts: list[tuple[int, str]] = []
    for size, unit in _SPANS:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append((count, unit))
    return " ".join(f"{count:,} {unit}" for count, unit in parts[:2] if count)


def milliseconds(ms: float) -> str:
    """``38`` as ``38 ms``, ``1240`` as ``1.24 s``, an hour as ``1 h``."""
    if ms < 1000:
        return f"{ms:g} ms" if ms == int(ms) else f"{ms:.1f} ms"
    if ms < 60_000:
        return f"{ms / 1000:.3g} s"
    return duration(int(ms // 1000))


def size(count: int) -> str:
    """Bytes in binary units: ``20921312`` as ``20.0 MiB``."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1024:
            break
        value, unit = value / 1024, larger
    return f"{count:,} B" if unit == "B" else f"{value:,.1f} {unit}"


def figure(value: float) -> str:
    """A number to three digits, or to the whole where it has more: ``0.176``, ``53.9``, ``3,547``."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def power_of_ten(exponent: int) -> str:
    """``-100`` as ``10⁻¹⁰⁰``."""
    return "10" + str(exponent).translate(_RAISED)


plural = numbered
"""``1 line``, ``16,518 lines``: for pages as for findings."""


def percent(share: float) -> str:
    """A share from 0 to 1 as ``95 %``; never rounded up to certainty."""
    rounded = round(share * 100)
    return f"{99 if rounded == 100 and share < 1 else rounded} %"


def coverage(recognised: int, lines: int) -> str:
    """How much of a log was recognised, to a tenth of a percent, rounded down."""
    return f"{recognised * 1000 // lines / 10:g} %" if lines else "0 %"


def wall(moment: Instant) -> datetime:
    """The writer's own clock face, without a zone."""
    return datetime.fromtimestamp(0, UTC).replace(tzinfo=None) + timedelta(milliseconds=moment.wall_ms)


def date(moment: Instant) -> str:
    """``22 Nov 2026``; without the year if that is not known (Redis up to 4.0)."""
    face = wall(moment)
    return f"{face.day} {_MONTHS[face.month - 1]}" + (f" {face.year}" if moment.has_year else "")


def clock(moment: Instant) -> str:
    """``11:28:28.362``."""
    return wall(moment).isoformat(sep=" ", timespec="milliseconds").partition(" ")[2]


def zone(moment: Instant) -> str:
    """``UTC``, ``UTC+02:00``, or that the log does not say."""
    minutes = moment.utc_offset_minutes
    if minutes is None:
        return "server's clock, zone not stated"
    sign, rest = ("−" if minutes < 0 else "+"), abs(minutes)
    return f"UTC{sign}{rest // 60:02}:{rest % 60:02}" if minutes else "UTC"


def moment(at: Instant) -> str:
    """``22 Nov 2026, 11:28:28.362`` with the zone if it is known."""
    known = f" {zone(at)}" if at.utc_offset_minutes is not None else ""
    return f"{date(at)}, {clock(at)}{known}"


def instant(value: object) -> Instant | None:
    """The moment in a finding's data, where it stands as ISO 8601 with a time of day; ``None`` for anything else."""
    if isinstance(value, Instant):
        return value
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        stated = datetime.fromisoformat(value)
    except ValueError:
        return None
    offset = stated.utcoffset()
    wall_ms = (stated.replace(tzinfo=UTC) - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
    return Instant(wall_ms, None if offset is None else int(offset.total_seconds() // 60))


def sentence(text: str) -> str:
    """``text`` on one line with a capital at its start."""
    line = " ".join(text.split())
    return line[:1].upper() + line[1:]

"""When the first lines of a log were written: enough to put rotated parts, or the lines themselves, in order."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice, pairwise
from typing import Any

from triage.patterns import compiled

# The server's own stamps, behind whatever wrapper (JSON writes `\"`).
_SERVERS = compiled(
    rb"(?:\d{1,10}:[A-Z] |timestamp=\\{0,3}\")"
    rb"(?:(\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3})"
    rb"|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d)|(\d{13}))"
)
# Up to Redis 4.0 without a year: over New Year they cannot be compared.
_OLD = compiled(
    rb"(?:\d{1,10}:[A-Z]|\[\d{1,10}\]) (?P<day>\d\d) (?P<month>[A-Z][a-z]{2}) (?P<clock>\d\d:\d\d:\d\d(?:\.\d{3})?)"
)
_WRAPPERS = compiled(rb"^[^\n]{0,400}?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)", re.MULTILINE)
_SYSLOG = compiled(
    rb"^(?:<\d{1,3}>)?(?P<month>[A-Z][a-z]{2}) (?P<day>[ \d]\d) (?P<clock>\d\d:\d\d:\d\d)", re.MULTILINE
)
_EPOCHS = compiled(rb'^(\d{13})[\t,;]|"(?:timestamp|time|ts|__REALTIME_TIMESTAMP)": ?"?(\d{13,19})', re.MULTILINE)
_MONTHS = b"JanFebMarAprMayJunJulAugSepOctNovDec"
# What a report says one after the other, in every version that says it.
_MARKS = (
    b" BUG REPORT START",
    b" crashed by signal: ",
    b"--- STACK TRACE",
    b"--- INFO OUTPUT",
    b"--- CLIENT LIST OUTPUT",
    b"--- CURRENT CLIENT INFO",
    b"--- MODULES INFO OUTPUT",
    b"--- FAST MEMORY TEST",
    b" BUG REPORT END",
)
_MARK = compiled(b"|".join(map(re.escape, _MARKS)))
_FEWEST_STEPS = 4
_ENOUGH_STAMPS = 100
"""Where so many rise on the whole, the others need not be read."""
_FEWEST_MARKS = 2
_MOST_FORWARD = 0.1


def first_stamp(head: bytes) -> float | None:
    """Unix seconds of the first stamp that the server wrote itself; a clock face without a zone counts as UTC."""
    return next(_stamps(head), None)


def newest_first(head: bytes) -> bool:
    """Whether the lines go back in time, as log stores like to show them; reports tell where stamps are few."""
    stamps = _stamps(head)
    own = list(islice(stamps, _ENOUGH_STAMPS))
    if _rises(own):
        return False
    own += stamps
    marks = [_MARKS.index(mark) for mark in _MARK.findall(head)]
    clocks: tuple[Sequence[Any], ...] = (
        own,
        _yearless(_OLD, head),
        _WRAPPERS.findall(head),
        _yearless(_SYSLOG, head),
        _EPOCHS.findall(head),
    )
    return any(_falls(stamps) for stamps in clocks) or _falls(marks, _FEWEST_MARKS)


def _rises(stamps: Sequence[float]) -> bool:
    steps = [before < after for before, after in pairwise(stamps) if before != after]
    return len(steps) >= _FEWEST_STEPS and 2 * sum(steps) > len(steps)


def _falls(stamps: Sequence[Any], fewest: int = _FEWEST_STEPS) -> bool:
    steps = [before < after for before, after in pairwise(stamps) if before != after]
    return len(steps) >= fewest and sum(steps) <= _MOST_FORWARD * len(steps)


def _yearless(stamps: "re.Pattern[bytes]", head: bytes) -> list[tuple[int, bytes, bytes]]:
    """Month, day and time of day, which sort as the stamps do within a year."""
    found = [match.groupdict() for match in stamps.finditer(head)]
    return [(_MONTHS.find(one["month"]), one["day"], one["clock"]) for one in found]


def _stamps(head: bytes) -> Iterator[float]:
    for match in _SERVERS.finditer(head):
        legacy, iso, milliseconds = (group.decode() if group else "" for group in match.groups())
        try:
            if milliseconds:
                yield int(milliseconds) / 1000
            elif iso:
                yield datetime.fromisoformat(iso).timestamp()
            else:
                # Not by strptime: it is slow, and knows the months of the user's language only.
                day, month, year, clock = legacy.split(" ")
                number = _MONTHS.index(month.encode()) // 3 + 1
                yield datetime.fromisoformat(f"{year}-{number:02}-{day}T{clock}+00:00").timestamp()
        except ValueError:
            continue

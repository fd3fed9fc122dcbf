"""When the first lines of a log were written: enough to put rotated parts, or the lines themselves, in order."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

# The server's own stamps, behind whatever wrapper; those without a year cannot be compared over New Year.
_SERVERS = re.compile(
    rb"(?:\d{1,10}:[A-Z] |timestamp=\")"
    rb"(?:(\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3})"
    rb"|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d)|(\d{13}))"
)
_WRAPPERS = re.compile(rb"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)", re.MULTILINE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FEWEST_STEPS = 4
_MOST_FORWARD = 0.1


def first_stamp(head: bytes) -> float | None:
    """Unix seconds of the first stamp that the server wrote itself; a clock face without a zone counts as UTC."""
    return next(_stamps(head), None)


def newest_first(head: bytes) -> bool:
    """Whether the lines go back in time, as log stores like to show them."""
    return _falls(list(_stamps(head))) or _falls(_WRAPPERS.findall(head))


def _falls(stamps: list[float] | list[bytes]) -> bool:
    steps = [before < after for before, after in pairwise(stamps) if before != after]  # type: ignore[operator]
    return len(steps) >= _FEWEST_STEPS and sum(steps) <= _MOST_FORWARD * len(steps)


def _stamps(head: bytes) -> Iterator[float]:
    for match in _SERVERS.finditer(head):
        legacy, iso, milliseconds = (group.decode() if group else "" for group in match.groups())
        try:
            if milliseconds:
                yield int(milliseconds) / 1000
            elif iso:
                yield datetime.fromisoformat(iso).timestamp()
            else:
                # Not by strptime, which knows the months of the user's language only, and is slow.
                day, month, year, clock = legacy.split(" ")
                number = _MONTHS.index(month) + 1
                yield datetime.fromisoformat(f"{year}-{number:02}-{day}T{clock}+00:00").timestamp()
        except ValueError:
            continue

"""Gives a log whose stamps have no year its dates, as far as the log itself tells them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from triage.logs.report_lines import read_lines
from triage.logs.scanned import LogScan, Region
from triage.logs.years import Years, dated_ms, turns_of
from triage.model import Instant
from triage.patterns import compiled

_DAY_MS = 86_400_000
_LAST_SAVE = compiled(r"(?:rdb_)?last_save_time:(\d{9,10})\r?")
"""INFO of Redis 2.2 on. It is the time of the start if nothing was saved since."""


def dated(scan: LogScan) -> LogScan:
    """The scan with its years, and a note that says where they come from; as it is if all its stamps have one."""
    if not scan.years.needed:
        return scan
    years = _known(scan)
    histogram = scan.histogram
    return replace(
        scan,
        years=years,
        first_time=_placed(scan.first_time, years),
        last_time=_placed(scan.last_time, years),
        floods={name: replace(table, times=years.dated_column(table.times)) for name, table in scan.floods.items()},
        notable=tuple(replace(line, time=_placed(line.time, years)) for line in scan.notable),
        activity=tuple(replace(line, time=_placed(line.time, years)) for line in scan.activity),
        pids=tuple(
            replace(span, first_time=_placed(span.first_time, years), last_time=_placed(span.last_time, years))
            for span in scan.pids
        ),
        histogram=histogram and replace(histogram, start_ms=years.dated(Instant(histogram.start_ms)).wall_ms),
        notes=(*scan.notes, _note(years)),
    )


def _placed(moment: Instant | None, years: Years) -> Instant | None:
    return years.dated(moment) if moment else None


def _known(scan: LogScan) -> Years:
    if scan.years.first is not None:
        return scan.years
    first = _year_by_info(scan.regions, scan.years)
    return (
        replace(scan.years, first=first, source="the last save that a report's INFO names") if first else scan.years
    )


def _year_by_info(regions: Iterable[Region], years: Years) -> int | None:
    """The log's first year, if a crash came within a year of the last save that its report names."""
    for region in regions:
        saves = (match for line in region.lines if (match := _LAST_SAVE.fullmatch(line.text)))
        saved = next(saves, None)
        stamps = (line.prefix.time for line in read_lines(region.lines, years) if line.prefix and line.prefix.time)
        crashed = next(stamps, None)
        if saved is None or crashed is None or crashed.has_year:
            continue
        saved_ms = int(saved[1]) * 1000
        year = datetime.fromtimestamp(saved_ms // 1000, UTC).year
        turned = turns_of(crashed.wall_ms)
        return next(
            first
            for first in range(year - turned - 1, year - turned + 3)
            # A day for the zone, which is not known here.
            if dated_ms(crashed.wall_ms, first) >= saved_ms - _DAY_MS
        )
    return None


def _note(years: Years) -> str:
    if years.first is None:
        return "The timestamps have no year (Redis up to 4.0), and nothing in the log tells it."
    return f"The timestamps have no year (Redis up to 4.0); {years.first} is taken from {years.source}."

"""When did what happen: the scans' histograms on one grid for a chart, and the minute before one failure."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from triage.correlate.timeline_events import events_of
from triage.logs.scanned import FLOODS, Histogram, LogScan
from triage.model import Event, Incident, Instant, Series, Timeline

MOST_BUCKETS = 240
"""More bars than this cannot be told apart on a page."""

ROUND_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
"""Bucket widths in seconds that people read easily."""

SERIES_IDS = {
    "debug": "debug",
    "verbose": "verbose",
    "notice": "notice",
    "warning": "warning",
    "tls_error": "tls-errors",
    "accepted": "accepted",
    "client_closed": "client-closed",
}


CLOSE_UP_SECONDS, AFTER_SECONDS = 60, 3


def timeline(scans: Sequence[LogScan], events: Sequence[Event] = ()) -> Timeline | None:
    """Lines by level, TLS errors and connections over the time of all logs; ``None`` if no line had a time."""
    histograms = [scan.histogram for scan in scans if scan.histogram is not None]
    if not histograms:
        return None
    start_ms = min(histogram.start_ms for histogram in histograms)
    seconds = (max(_end_ms(histogram) for histogram in histograms) - start_ms) // 1000
    width = _bucket_seconds(seconds, max(histogram.bucket_seconds for histogram in histograms))
    buckets = seconds // width + 1
    series = tuple(
        Series(id=shown, points=tuple(int(n) for n in _summed(histograms, name, start_ms, width, buckets)))
        for name, shown in SERIES_IDS.items()
    )
    zones = {scan.first_time.utc_offset_minutes for scan in scans if scan.first_time is not None}
    zone = zones.pop() if len(zones) == 1 else None
    drawn = tuple(line for line in series if any(line.points))
    return Timeline(start=Instant(start_ms, zone), bucket_seconds=width, series=drawn, events=tuple(events))


def close_up(incident: Incident, scan: LogScan) -> Timeline | None:
    """The minute before a failure by the second, ``None`` where the log tells nothing of it.

    The levels are there only if the histogram of the whole log is that fine; what comes in floods has its own times.
    """
    if incident.time is None:
        return None
    failed_s = incident.time.wall_ms // 1000
    first_s, after_s = failed_s - CLOSE_UP_SECONDS, failed_s + AFTER_SECONDS
    counted = _levels_between(scan.histogram, first_s, after_s)
    for name, times in _sorted_times(scan).items():
        low, high = np.searchsorted(times, (first_s * 1000, after_s * 1000))
        counted[SERIES_IDS[name]] = np.bincount(times[low:high] // 1000 - first_s, minlength=after_s - first_s)
    series = tuple(Series(name, tuple(map(int, counts))) for name, counts in counted.items() if counts.any())
    if not series:
        return None
    start = Instant(first_s * 1000, incident.time.utc_offset_minutes)
    near_events = [event for event in events_of(scan) if first_s <= event.time.wall_ms // 1000 < after_s]
    return Timeline(start=start, bucket_seconds=1, series=series, events=tuple(near_events))


@lru_cache(maxsize=1)
def _sorted_times(scan: LogScan) -> Mapping[str, NDArray[np.int64]]:
    """The floods' times in order, so that thousands of failures can each look up their own minute."""
    return {name: np.sort(table.times) for name, table in scan.floods.items()}


def _levels_between(histogram: Histogram | None, first_s: int, after_s: int) -> dict[str, NDArray[np.int64]]:
    if histogram is None or histogram.bucket_seconds != 1:
        return {}
    begin = histogram.start_ms // 1000
    found = {}
    for name, counts in histogram.counts.items():
        if name not in FLOODS:
            row = np.zeros(after_s - first_s, dtype=np.int64)
            low, high = max(first_s, begin), min(after_s, begin + len(counts))
            if low < high:
                row[low - first_s : high - first_s] = counts[low - begin : high - begin]
            found[SERIES_IDS[name]] = row
    return found


def _end_ms(histogram: Histogram) -> int:
    buckets = max((len(counts) for counts in histogram.counts.values()), default=0)
    return histogram.start_ms + buckets * histogram.bucket_seconds * 1000


def _bucket_seconds(seconds: int, finest: int) -> int:
    needed = max(finest, seconds // MOST_BUCKETS + 1)
    return next((step for step in ROUND_STEPS if step >= needed), -(-needed // 86400) * 86400)


def _summed(histograms: Sequence[Histogram], name: str, start_ms: int, width: int, buckets: int) -> NDArray[np.int64]:
    total = np.zeros(buckets, dtype=np.int64)
    for histogram in histograms:
        counts = histogram.counts.get(name)
        if counts is None:
            continue
        starts_ms = histogram.start_ms + np.arange(len(counts), dtype=np.int64) * histogram.bucket_seconds * 1000
        np.add.at(total, (starts_ms - start_ms) // (width * 1000), counts)
    return total

"""When did what happen: the scans' histograms, on one grid that a chart can draw."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage.logs.scanned import Histogram, LogScan
from triage.model import Instant, Series, Timeline

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


def timeline(scans: Sequence[LogScan]) -> Timeline | None:
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
    return Timeline(start=Instant(start_ms, zone), bucket_seconds=width, series=drawn)


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

"""Counts lines over time in equal buckets, which widen as the log goes on so that their number stays bounded."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from triage.logs.prefixes import LEVELS
from triage.logs.scanned import FLOODS, NO_TIME, Histogram

MOST_BUCKETS = 20_000
SERIES = (*LEVELS, *FLOODS)

Times = NDArray[np.int64]


@dataclass(slots=True)
class HistogramBuilder:
    """Collects the times of lines per series. Buckets are one second wide at first and double if there are too many.

    ``counts`` has one row per series; its columns are the buckets from number ``first`` on (from 1970, in ``width``),
    of which those behind ``last`` are room for more.
    """

    width: int = 1
    first: int | None = None
    last: int = 0
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((len(SERIES), 0), dtype=np.int64))

    def add(self, name: str, times: Times) -> None:
        """Count lines of one series, given as wall-clock milliseconds; ``NO_TIME`` is left out."""
        self._count(SERIES.index(name), times, None)

    def add_levels(self, times: Times, levels: NDArray[np.uint8]) -> None:
        """Count lines by the series of their levels, which are the first ones."""
        self._count(0, times, levels)

    def build(self) -> Histogram | None:
        """The histogram, ``None`` if no line had a time."""
        if self.first is None:
            return None
        used = self.last - self.first + 1
        return Histogram(
            start_ms=self.first * self.width * 1000,
            bucket_seconds=self.width,
            counts={name: self.counts[row, :used] for row, name in enumerate(SERIES)},
        )

    def _count(self, series: int, times: Times, levels: NDArray[np.uint8] | None) -> None:
        stamped = times != NO_TIME
        if levels is not None:
            stamped &= levels < len(LEVELS)
        if not stamped.all():
            times, levels = times[stamped], levels[stamped] if levels is not None else None
        if not len(times):
            return
        earliest, latest = int(times.min()), int(times.max())
        first = self._make_room(earliest, latest)
        low = earliest // (1000 * self.width)
        span = latest // (1000 * self.width) - low + 1
        places = times // (1000 * self.width) - low
        rows = 1 if levels is None else len(LEVELS)
        if levels is not None:
            places += levels * np.int64(span)
        counted = np.bincount(places, minlength=rows * span).reshape(rows, span)
        self.counts[series : series + rows, low - first : low - first + span] += counted

    def _make_room(self, earliest: int, latest: int) -> int:
        """Have buckets for these times; returns the number of the first bucket."""
        while True:
            low, high = earliest // (1000 * self.width), latest // (1000 * self.width)
            if self.first is not None:
                low, high = min(low, self.first), max(high, self.last)
            if high - low < MOST_BUCKETS:
                break
            self._double()
        before = 0 if self.first is None else self.first - low
        missing = high - low + 1 - before - self.counts.shape[1]
        if before or missing > 0:
            # Time goes on: so much room that the counts are not copied for every block.
            self.counts = np.pad(self.counts, ((0, 0), (before, max(0, missing) + self.counts.shape[1] // 2)))
        self.first, self.last = low, high
        return low

    def _double(self) -> None:
        self.width *= 2
        if self.first is None:
            return
        before = self.first % 2
        after = (self.counts.shape[1] + before) % 2
        paired = np.pad(self.counts, ((0, 0), (before, after)))
        self.counts = paired[:, ::2] + paired[:, 1::2]
        self.first //= 2
        self.last //= 2

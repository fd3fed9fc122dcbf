"""Counts lines over time in equal buckets, which widen as the log goes on so that their number stays bounded."""

from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from triage.logs.prefixes import LEVELS, Prefixes
from triage.logs.scan_backend import Backend, Tally, Times
from triage.logs.scanned import FLOODS, NO_TIME, Histogram
from triage.records import dataclass

MOST_BUCKETS = 20_000
SERIES = (*LEVELS, *FLOODS)


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

    @classmethod
    def of(cls, histogram: Histogram) -> "HistogramBuilder":
        """One that goes on from a histogram."""
        first = histogram.start_ms // (1000 * histogram.bucket_seconds)
        counts = np.stack([histogram.counts[name] for name in SERIES])
        return cls(histogram.bucket_seconds, first, first + counts.shape[1] - 1, counts)

    def add_histogram(self, other: Histogram) -> None:
        """Take up what was counted elsewhere."""
        while self.width < other.bucket_seconds:
            self._double()
        seconds = other.start_ms // 1000 + other.bucket_seconds * np.arange(len(other.counts[SERIES[0]]))
        first = self._make_room(1000 * int(seconds[0]), 1000 * int(seconds[-1]))
        for row, name in enumerate(SERIES):
            np.add.at(self.counts[row], seconds // self.width - first, other.counts[name])

    def add(self, name: str, times: Times, by: Backend) -> None:
        """Count lines of one series, given as wall-clock milliseconds; ``NO_TIME`` is left out."""
        stamped = times[times != NO_TIME]
        if len(stamped):
            self._count(SERIES.index(name), 1, stamped, None, int(stamped.min()), int(stamped.max()), by)

    def add_levels(self, prefixes: Prefixes, tally: Tally, by: Backend) -> None:
        """Count a block's lines by the series of their levels, which are the first ones."""
        if tally.earliest <= tally.latest:
            levels = prefixes.levels
            self._count(0, len(LEVELS), prefixes.times, levels, tally.earliest, tally.latest, by)

    def build(self) -> Histogram | None:
        """The histogram, ``None`` if no line had a time."""
        if self.first is None:
            return None
        used = self.last - self.first + 1
        return Histogram(
            start_ms=self.first * self.width * 1000,
            bucket_seconds=self.width,
            counts={name: self.counts[row, :used].copy() for row, name in enumerate(SERIES)},
        )

    def _count(
        self,
        series: int,
        rows: int,
        times: Times,
        levels: NDArray[np.uint8] | None,
        earliest: int,
        latest: int,
        by: Backend,
    ) -> None:
        first = self._make_room(earliest, latest)
        by.count_times(times, levels, 1000 * self.width, first, self.counts[series : series + rows])

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

"""Counts lines over time in equal buckets, which widen as the log goes on so that their number stays bounded."""

from collections.abc import Mapping
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

    ``counts`` has one row per series; its columns are the buckets from number ``first`` on (from 1970, in ``width``).
    """

    width: int = 1
    first: int | None = None
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((len(SERIES), 0), dtype=np.int64))

    def add(self, times: Mapping[str, Times]) -> None:
        """Count lines, given as wall-clock milliseconds per series; ``NO_TIME`` is left out."""
        stamped = {name: column[column != NO_TIME] for name, column in times.items()}
        stamped = {name: column for name, column in stamped.items() if len(column)}
        if not stamped:
            return
        self._make_room(
            int(min(column.min() for column in stamped.values())),
            int(max(column.max() for column in stamped.values())),
        )
        for name, column in stamped.items():
            places = column // (1000 * self.width) - (self.first or 0)
            counted = np.bincount(places, minlength=self.counts.shape[1])
            self.counts[SERIES.index(name)] += counted

    def build(self) -> Histogram | None:
        """The histogram, ``None`` if no line had a time."""
        if self.first is None:
            return None
        return Histogram(
            start_ms=self.first * self.width * 1000,
            bucket_seconds=self.width,
            counts={name: self.counts[row] for row, name in enumerate(SERIES)},
        )

    def _make_room(self, earliest: int, latest: int) -> None:
        while True:
            low, high = earliest // (1000 * self.width), latest // (1000 * self.width)
            if self.first is not None:
                low = min(low, self.first)
                high = max(high, self.first + self.counts.shape[1] - 1)
            if high - low < MOST_BUCKETS:
                break
            self._double()
        missing_before = 0 if self.first is None else self.first - low
        missing_after = high - low + 1 - missing_before - self.counts.shape[1]
        if missing_before or missing_after:
            self.counts = np.pad(self.counts, ((0, 0), (missing_before, missing_after)))
        self.first = low

    def _double(self) -> None:
        self.width *= 2
        if self.first is None:
            return
        before = self.first % 2
        after = (self.counts.shape[1] + before) % 2
        paired = np.pad(self.counts, ((0, 0), (before, after)))
        self.counts = paired[:, ::2] + paired[:, 1::2]
        self.first //= 2

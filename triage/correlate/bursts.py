"""The statistics of bursts: a Poisson scan of one-second bins against a robust baseline.

The n seconds that were watched are counted back from the end of the series, so that the last bin is the last second
before a failure. With X errors in a bin, the test is P(X >= k) under Poisson(rate), Bonferroni-corrected by n.

The bursts themselves must not lift the baseline rate, so it comes from the middle of the bins, which bursts do not
reach as long as they fill less than half of the time:

* more than half of the bins empty: rate = -ln(share of empty bins), which is what an empty share of a Poisson process
  gives;
* else rate = median + 1/3 (the Poisson median lies within 1/3 of its rate);
* at least 1/n, as if one more error had been seen: a rate of zero would make any error infinitely improbable.

Where the noise is rougher than Poisson (median >= 4), the robust variance (1.4826 MAD)^2 over the rate gives a
dispersion phi, and counts and rate are divided by it (quasi-Poisson). Bins with corrected p < 0.001 at most three
seconds apart are one burst; its own p-value is that of its total count over its whole length, corrected likewise.
"""

import math

import numpy as np
from numpy.typing import NDArray

from triage.correlate.median import median
from triage.records import dataclass

ALPHA = 0.001
"""A bin this improbable, after correction, belongs to a burst."""

_MERGE_SECONDS = 3
_FEWEST_ERRORS = 5
FEWEST_SECONDS = 10
"""A shorter watch has no usual rate."""

_ROUGH_FROM_MEDIAN = 4
_MAD_TO_DEVIATION = 1.4826
_TERMS = 500


@dataclass(frozen=True, slots=True)
class Baseline:
    """The usual errors per second over ``seconds`` of watching, and how much rougher than Poisson they come."""

    per_second: float
    dispersion: float
    seconds: int


@dataclass(frozen=True, slots=True)
class Burst:
    """More errors than the baseline explains. Times are wall-clock ms; ``log10_p`` is corrected and at most 0."""

    start_ms: int
    end_ms: int
    count: int
    expected: float
    log10_p: float


def find_bursts(times: NDArray[np.int64], start_ms: int, end_ms: int) -> tuple[Baseline, tuple[Burst, ...]]:
    """The baseline and the bursts of errors at ``times`` (wall-clock ms, ascending) between two moments."""
    times = times[(times >= start_ms) & (times <= end_ms)]
    seconds = (end_ms - start_ms) // 1000 + 1
    # Seconds before the end, turned round to ascend.
    bins, counts = np.unique(seconds - 1 - (end_ms - times) // 1000, return_counts=True)
    baseline = _baseline(counts, seconds)
    if seconds < FEWEST_SECONDS:
        return baseline, ()
    bursts = [_burst(times, end_ms, first, last, baseline) for first, last in _runs(bins, counts, baseline)]
    return baseline, tuple(burst for burst in bursts if burst.count >= _FEWEST_ERRORS)


def log10_tail(count: float, mean: float) -> float:
    """log10 of P(X >= count) for X ~ Poisson(mean): the first term, times a falling series, in log space."""
    if count <= mean:
        return 0.0
    first = count * math.log(mean) - mean - math.lgamma(count + 1)
    total, term = 1.0, 1.0
    for step in range(1, _TERMS):
        term *= mean / (count + step)
        total += term
        if term < total * 1e-12:
            break
    return min(0.0, (first + math.log(total)) / math.log(10))


def _baseline(counts: NDArray[np.int64], seconds: int) -> Baseline:
    empty = seconds - len(counts)
    least = 1 / seconds
    if 2 * empty > seconds:
        return Baseline(max(-math.log(empty / seconds), least), 1.0, seconds)
    dense = np.concatenate((counts, np.zeros(empty, dtype=np.int64)))
    usual = median(dense)
    rate = max(usual + 1 / 3, least)
    if usual < _ROUGH_FROM_MEDIAN:
        return Baseline(rate, 1.0, seconds)
    deviation = _MAD_TO_DEVIATION * median(np.abs(dense - usual))
    return Baseline(rate, max(1.0, deviation**2 / rate), seconds)


def _corrected(count: int, seconds: int, baseline: Baseline) -> float:
    mean = baseline.per_second * seconds
    return min(
        0.0, log10_tail(count / baseline.dispersion, mean / baseline.dispersion) + math.log10(baseline.seconds)
    )


def _runs(bins: NDArray[np.int64], counts: NDArray[np.int64], baseline: Baseline) -> list[tuple[int, int]]:
    """First and last bin of each run of improbable bins."""
    improbable = {count: _corrected(count, 1, baseline) < math.log10(ALPHA) for count in set(counts.tolist())}
    runs: list[tuple[int, int]] = []
    for at, count in zip(bins.tolist(), counts.tolist(), strict=True):
        if not improbable[count]:
            continue
        if runs and at - runs[-1][1] <= _MERGE_SECONDS:
            runs[-1] = (runs[-1][0], at)
        else:
            runs.append((at, at))
    return runs


def _burst(times: NDArray[np.int64], end_ms: int, first: int, last: int, baseline: Baseline) -> Burst:
    bin_end_ms = end_ms - (baseline.seconds - 1 - last) * 1000
    length = last - first + 1
    inside = times[(times > bin_end_ms - length * 1000) & (times <= bin_end_ms)]
    return Burst(
        start_ms=int(inside[0]),
        end_ms=int(inside[-1]),
        count=len(inside),
        expected=baseline.per_second * length,
        log10_p=_corrected(len(inside), length, baseline),
    )

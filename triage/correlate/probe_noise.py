"""Recognises health probes: something that connects at a steady interval and leaves without a TLS handshake.

The errors of one peer host (with those that name no peer, as the address is often gone by then) fall into visits, a
visit being errors at most a second apart. Small visits whose intervals are all about one period, or a multiple of it
where a visit was lost in a burst, are a probe's.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from triage.correlate.median import median
from triage.logs.scanned import Coded
from triage.records import dataclass

_VISIT_GAP_MS = 1_000
_FEWEST_VISITS = 6
_SMALL = 2
"""A visit of more than this many times the usual errors is no probe's."""

_TOLERANCE = 0.1
_REGULAR_SHARE = 0.75
_MOST_VARIATION = 0.1
_MOST_HOSTS = 50
_MOST_PROBES = 50


@dataclass(frozen=True, slots=True)
class Probe:
    """A regular visitor. ``peer`` is ``None`` if its lines name nobody; ``variation`` is deviation over mean."""

    peer: str | None
    period_seconds: float
    visits: int
    errors: int
    variation: float


def find_probes(times: NDArray[np.int64], peers: Coded) -> tuple[list[Probe], NDArray[np.bool_]]:
    """The probes among errors at ``times`` (ms, ascending) from ``peers``, and which of the errors are theirs."""
    theirs = np.zeros(len(times), dtype=np.bool_)
    probes: list[Probe] = []
    for peer, members in _groups(peers):
        rows = members[~theirs[members]]
        found = _probe(peer, times, rows)
        if found is not None and len(probes) < _MOST_PROBES:
            probe, probe_rows = found
            probes.append(probe)
            theirs[probe_rows] = True
    return probes, theirs


def _groups(peers: Coded) -> Iterator[tuple[str | None, NDArray[np.intp]]]:
    """Each frequent host with the lines that name it, with and without those that name nobody; then those alone."""
    counts = peers.counts()
    nobodies = counts.pop(None, 0)
    frequent = sorted(counts, key=lambda host: -counts[host])[:_MOST_HOSTS]
    numbers = {value: number for number, value in enumerate(peers.values)}
    nobody = np.flatnonzero(peers.codes == numbers[None]) if nobodies else np.zeros(0, dtype=np.intp)
    for host in sorted(host for host in frequent if host is not None):
        named = np.flatnonzero(peers.codes == numbers[host])
        if nobodies:
            yield host, np.sort(np.concatenate((named, nobody)), kind="stable")
        yield host, named
    yield None, nobody


def _probe(
    peer: str | None, times: NDArray[np.int64], rows: NDArray[np.intp]
) -> tuple[Probe, NDArray[np.intp]] | None:
    if len(rows) < _FEWEST_VISITS:
        return None
    firsts = np.concatenate(([0], np.flatnonzero(np.diff(times[rows]) > _VISIT_GAP_MS) + 1))
    sizes = np.diff(np.append(firsts, len(rows)))
    small = np.flatnonzero(sizes <= _SMALL * median(sizes))
    if len(small) < _FEWEST_VISITS:
        return None
    intervals = np.diff(times[rows[firsts[small]]])
    beats, regular = _on_beat(intervals)
    if np.count_nonzero(regular) < _REGULAR_SHARE * len(intervals):
        return None
    steps = intervals[regular] / beats[regular]
    mean, variation = float(steps.mean()), float(steps.std() / steps.mean())
    if variation > _MOST_VARIATION:
        return None
    beside = np.append(regular, False) | np.insert(regular, 0, False)
    kept = small[beside]
    probe_rows = rows[np.isin(np.repeat(np.arange(len(sizes)), sizes), kept)]
    return Probe(peer, round(mean / 1000, 2), len(kept), len(probe_rows), round(variation, 3)), probe_rows


def _on_beat(intervals: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The number of periods in each interval, and whether it is a whole number of them."""
    period = median(intervals)
    beats = np.maximum(np.round(intervals / period), 1)
    return beats, np.abs(intervals - beats * period) <= _TOLERANCE * period

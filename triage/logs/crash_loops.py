"""Crash loops: a server that ends in the same way again and again, each time soon after it is back."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from triage.model import Finding, Incident, Kind, Outcome
from triage.patterns import compiled

_FEWEST = 3
_SOON_MS = 15 * 60_000
"""Kubernetes waits at most five minutes before it restarts a container; loading a data set takes its time."""
_DIGITS = compiled(r"\d+")

_Cause = tuple[str | int | None, ...]


def crash_loops(incidents: Sequence[Incident]) -> tuple[Finding, ...]:
    """One observation per loop: at least three ends of the same cause, none long after the one before."""
    by_cause: dict[_Cause, list[Incident]] = defaultdict(list)
    for incident in incidents:
        if incident.kind is not Kind.WATCHDOG:
            by_cause[_cause(incident)].append(incident)
    loops = (run for ends in by_cause.values() for run in _runs(ends) if len(run) >= _FEWEST)
    return tuple(map(_finding, loops))


def _cause(incident: Incident) -> _Cause:
    site, signal = incident.site, incident.signal
    return (
        incident.kind.value,
        site.file if site else None,
        site.line if site else None,
        signal.number if signal else None,
        # Pids, offsets and sizes differ from one end to the next.
        _DIGITS.sub("0", incident.message or ""),
    )


def _runs(ends: Sequence[Incident]) -> Iterator[list[Incident]]:
    run: list[Incident] = []
    for incident in ends:
        if run and not _soon_after(incident, run[-1]):
            yield run
            run = []
        run.append(incident)
    yield run


def _soon_after(later: Incident, earlier: Incident) -> bool:
    if later.time is None or earlier.time is None:
        return True
    return abs(later.time.wall_ms - earlier.time.wall_ms) <= _SOON_MS


def _finding(loop: Sequence[Incident]) -> Finding:
    from statistics import median

    times = [incident.time.wall_ms for incident in loop if incident.time]
    gaps = [(later - earlier) / 1000 for earlier, later in pairwise(times)]
    every = f", every {median(gaps):.0f} s" if gaps else ""
    return Finding(
        id="crash-loop",
        title="Crash loop",
        outcome=Outcome.NEUTRAL,
        strength=0.0,
        summary=f"The server ended in the same way {len(loop)} times in a row ({loop[0].kind.value}{every}).",
        data={"count": len(loop), "kind": loop[0].kind.value, **({"median_seconds": median(gaps)} if gaps else {})},
        evidence=tuple(incident.evidence[0] for incident in loop[:10] if incident.evidence),
    )

"""The order in which incidents happened, over all logs of a case."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from triage.model import Incident

_CLOCK_STEP_MS = 61 * 60_000
"""So far a clock goes back when summer time ends. Parts of a log put together in the wrong order go back further."""
_LAST = 1 << 62

T = TypeVar("T")


def in_time_order(logs: Iterable[tuple[T, Sequence[Incident]]]) -> list[tuple[T, Incident]]:
    """Each log's incidents, which stand in the order of its lines, with the log, by time.

    Within a log the order of lines counts where the clock was only set back by an hour. What has no time goes last.
    """
    timed = []
    for log, incidents in logs:
        latest = 0
        for incident in incidents:
            at = _at(incident)
            latest = at if at > latest or latest - at > _CLOCK_STEP_MS else latest
            timed.append((latest, (log, incident)))
    return [pair for _, pair in sorted(timed, key=lambda entry: entry[0])]


def _at(incident: Incident) -> int:
    """Milliseconds in UTC if the zone is known, else on the log's own clock."""
    if incident.time is None:
        return _LAST
    return incident.time.wall_ms - (incident.time.utc_offset_minutes or 0) * 60_000

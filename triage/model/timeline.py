"""What the timeline charts draw: counts over time, and the events between them."""

from enum import StrEnum

from triage.model.evidence import Evidence
from triage.model.instant import Instant
from triage.records import dataclass


class EventKind(StrEnum):
    """What a rare line tells of the server's life: what it was doing, or what was done to it."""

    START = "start"
    SHUTDOWN = "shutdown"
    CHANGE = "change"
    FAILOVER = "failover"
    SYNC = "sync"
    SAVE = "save"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``time``; ``evidence`` is the line that tells of it."""

    kind: EventKind
    time: Instant
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Series:
    """Counts per bucket; ``points`` has one number per bucket from the timeline's ``start`` on."""

    id: str
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Equal buckets of ``bucket_seconds`` from ``start``; all series have the same length.

    ``events`` are in the order of time; of very many only the last are kept.
    """

    start: Instant
    bucket_seconds: int
    series: tuple[Series, ...]
    events: tuple[Event, ...] = ()

"""The series that the timeline chart draws."""

from dataclasses import dataclass

from triage.model.instant import Instant


@dataclass(frozen=True, slots=True)
class Series:
    """Counts per bucket; ``points`` has one number per bucket from the timeline's ``start`` on."""

    id: str
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Equal buckets of ``bucket_seconds`` from ``start``; all series have the same length."""

    start: Instant
    bucket_seconds: int
    series: tuple[Series, ...]

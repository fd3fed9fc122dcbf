"""Logs with more incidents than anybody reads one by one: the first ones are told in full, the others in brief."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from triage.model import ClientList, Incident, Outcome, Problem
from triage.records import dataclass

MOST_INCIDENTS = 3_000
"""The first half and the last half of so many are kept: how it began, and how it ended."""
IN_FULL = 100
"""Parsed and judged, what a report says takes many times as much memory as its text."""
_HINT = "Cut the log to the days that matter."
_TELLING = (Outcome.SUPPORTS, Outcome.CONTRADICTS)


@dataclass(frozen=True, slots=True)
class Room:
    """How many incidents of one log are told, and how many of them in full."""

    most: int = MOST_INCIDENTS
    in_full: int = IN_FULL

    @classmethod
    def of(cls, own: int, total: int) -> "Room":
        """The share of a log with ``own`` incidents in a case of ``total``."""
        return cls(*(most if total <= most else max(1, most * own // total) for most in (MOST_INCIDENTS, IN_FULL)))

    def kept(self, incidents: Sequence[Incident]) -> Sequence[Incident]:
        """Those that are told."""
        if len(incidents) <= self.most:
            return incidents
        last = self.most // 2
        return (*incidents[: self.most - last], *incidents[len(incidents) - last :])

    def problems(self, incidents: int) -> Iterator[Problem]:
        """What is not told of a log with so many."""
        if incidents > self.most:
            yield Problem(
                f"{incidents - self.most} incidents in the middle of the log were not kept: there are too many", _HINT
            )

    def notes(self, incidents: int) -> Iterator[str]:
        """What is told in brief of a log with so many."""
        kept = min(incidents, self.most)
        if kept > self.in_full:
            yield f"{kept - self.in_full} incidents after the first {self.in_full} are told in brief"


def in_brief(incident: Incident) -> Incident:
    """The incident without its lines, its clients, threads that did not fail, and findings that say little."""
    failed = tuple(thread for thread in incident.threads or () if thread.crashed)
    return replace(
        incident,
        threads=failed or incident.threads,
        clients=incident.clients and ClientList(incident.clients.count, ()),
        findings=tuple(finding for finding in incident.findings if finding.outcome in _TELLING),
        missing=(),
        raw=(),
        code_dump=None,
        close_up=None,
    )

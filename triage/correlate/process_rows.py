"""Which rows of a flood belong to the process that failed: same pid, since its start, up to the end of its report."""

import numpy as np
from numpy.typing import NDArray

from triage.logs.processes import Process, process_of, read_processes
from triage.logs.scanned import EventTable, LogScan
from triage.model import Evidence, Incident
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """The moment that ages are counted back from.

    ``time_ms`` is the wall clock of the report's first line; ``first_line`` to ``last_line`` is the report (equal
    where there is none). ``started_line`` and ``started_ms`` tell where the process began, if the log shows it.
    """

    pid: int | None
    time_ms: int | None
    first_line: int
    last_line: int
    started_line: int
    started_ms: int | None

    def rows(self, table: EventTable) -> NDArray[np.intp]:
        """Indices of the process's rows, in file order; only those behind the last gap before the failure.

        A failure without a pid takes the rows of every pid.
        """
        own = (table.lines >= self.started_line) & (table.lines <= self.last_line)
        if self.pid is not None:
            own &= table.pids == self.pid
        rows = np.flatnonzero(own)
        gap = np.searchsorted(table.gaps, rows[-1], side="right") if len(rows) else 0
        return rows[rows >= table.gaps[gap - 1]] if gap else rows


def failure_of(incident: Incident, scan: LogScan) -> Failure:
    """The failure that an incident of this log describes."""
    first, last = _lines(incident, scan)
    process = process_of(read_processes(scan), incident.pid, first) if incident.pid is not None else None
    return Failure(
        pid=incident.pid,
        time_ms=incident.time.wall_ms if incident.time else None,
        first_line=first,
        last_line=last,
        started_line=process.first_line if process else 0,
        started_ms=_started_ms(process),
    )


def failure_evidence(incident: Incident) -> tuple[Evidence, ...]:
    """The line that shows the failure itself, if the incident names one."""
    return incident.evidence[:1]


def _lines(incident: Incident, scan: LogScan) -> tuple[int, int]:
    shown = [evidence.line for evidence in incident.evidence if evidence.line is not None]
    report = incident.report
    first = report.first_line if report and report.first_line is not None else (shown[0] if shown else None)
    if first is None:
        return scan.coverage.lines, scan.coverage.lines
    last = report.last_line if report and report.last_line is not None else first
    return first, max(first, last)


def _started_ms(process: Process | None) -> int | None:
    if process is None or not process.started or process.first_time is None:
        return None
    return process.first_time.wall_ms

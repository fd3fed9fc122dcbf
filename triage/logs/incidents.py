"""The incidents of one log and what else it shows: crash reports, exits with a reason, processes that vanished."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from triage.logs.exits import fatal_exit, vanished
from triage.logs.line_shapes import LineShapes
from triage.logs.observations import read_observations
from triage.logs.processes import Process, read_processes
from triage.logs.report import read_region
from triage.logs.scanned import LogScan
from triage.logs.succession import Succession
from triage.model import Coverage, Finding, Incident, Kind, RawLine, Report
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What one log states. ``unrecognised`` are the raw lines inside crash reports that no rule knew."""

    incidents: tuple[Incident, ...]
    observations: tuple[Finding, ...]
    unrecognised: tuple[RawLine, ...]


def read_incidents(scan: LogScan) -> LogFacts:
    """The facts of a scanned log: incidents in the order of the log, without findings or verdict."""
    processes = read_processes(scan)
    incidents: list[Incident] = []
    unrecognised: list[RawLine] = []
    for region in scan.regions:
        for incident, unknown in read_region(region, scan.input, processes, scan.years):
            unrecognised += unknown
            if incident is not None:
                incidents.append(incident)
    incidents += _without_report(scan, processes, incidents)
    incidents.sort(key=_first_line)
    return LogFacts(tuple(incidents), read_observations(scan, processes, incidents), tuple(unrecognised))


def coverage(scan: LogScan, facts: LogFacts) -> Coverage:
    """How much of the log was recognised, crash reports included."""
    shapes = LineShapes()
    for shape in scan.coverage.shapes:
        shapes.add(shape.line, shape.text, shape.count)
    # Lines before a region's first are counted by the scan already.
    inside = {line.line for region in scan.regions for line in region.lines}
    unknown = [raw for raw in facts.unrecognised if raw.line in inside]
    for raw in unknown:
        shapes.add(raw.line, raw.text)
    lines, unrecognised = scan.coverage.lines, scan.coverage.unrecognised + len(unknown)
    return replace(scan.coverage, recognised=lines - unrecognised, unrecognised=unrecognised, shapes=shapes.build())


def _without_report(scan: LogScan, processes: Sequence[Process], crashed: Sequence[Incident]) -> list[Incident]:
    found: list[Incident] = []
    succession = Succession(processes)
    reports = _reports_by_pid(crashed)
    for process in processes:
        if _crashed(process, reports.get(process.pid, ())):
            continue
        incident = fatal_exit(process, scan.input) or vanished(process, succession, scan.input)
        if incident is not None:
            found.append(incident)
    return found


def _reports_by_pid(crashed: Sequence[Incident]) -> dict[int | None, list[Report]]:
    """The reports of deaths, in file order; a process that a watchdog interrupted lives on."""
    reports: dict[int | None, list[Report]] = defaultdict(list)
    for incident in crashed:
        if incident.kind is not Kind.WATCHDOG and incident.report is not None:
            reports[incident.pid].append(incident.report)
    return reports


def _crashed(process: Process, reports: Sequence[Report]) -> bool:
    """Whether one of the crash reports, which stand in file order, is this process's."""
    at = bisect_left(reports, process.first_line, key=lambda report: report.last_line or 0)
    return at < len(reports) and (reports[at].first_line or 0) <= process.last_line


def _first_line(incident: Incident) -> int:
    if incident.report is not None and incident.report.first_line is not None:
        return incident.report.first_line
    return next((evidence.line for evidence in incident.evidence if evidence.line is not None), 0)

"""A log that shows a process at work and not its end, because no report was written: the core tells that."""

from collections.abc import Sequence
from dataclasses import replace

from triage.cases.joined import FINDING, TITLE, server_by_both
from triage.cores import Core
from triage.logs.exits import ROLES
from triage.logs.processes import Process, process_of, read_processes
from triage.logs.report_server import server_of
from triage.logs.scanned import LogScan
from triage.model import Evidence, Finding, Incident, Outcome


def is_silent_about(core: Core, scan: LogScan, incidents: Sequence[Incident]) -> bool:
    """Whether the log has lines of the process that left the core, and no incident of it."""
    pid = core.process.pid if core.process else None
    return any(span.pid == pid for span in scan.pids) and all(incident.pid != pid for incident in incidents)


def with_process(incident: Incident, scan: LogScan) -> Incident:
    """The incident of a core with what the log says of the process; its last line is evidence."""
    process = process_of(read_processes(scan), incident.pid, scan.coverage.lines)
    span = next((span for span in scan.pids if span.pid == incident.pid), None)
    stopped = incident.signal is not None and incident.signal.stopped
    tells = "was taken while it ran" if stopped else "tells why"
    text = f"The log shows process {incident.pid} up to its last line, and no crash report: {incident.input} {tells}."
    data = {"core": incident.input, "last_line": span.last_line if span else None}
    finding = Finding(
        FINDING, TITLE, Outcome.SUPPORTS, 0.7, text, data, (*_last_words(process, scan), *incident.evidence)
    )
    return replace(
        incident,
        # Of a process that was only halted the last line is no end.
        time=incident.time or (span.last_time if span and not stopped else None),
        role=(ROLES.get(process.role or "") if process else None) or incident.role,
        server=server_by_both(server_of(process), incident.server),
        findings=(finding, *incident.findings),
    )


def _last_words(process: Process | None, scan: LogScan) -> tuple[Evidence, ...]:
    lines = process.lines[-1:] if process else ()
    return tuple(Evidence(scan.input, line.text, line.line) for line in lines)

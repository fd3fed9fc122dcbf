"""Reads one crash report of a region into an incident: facts only, no judgement."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from triage.logs.processes import Process, process_of
from triage.logs.report_clients import read_clients, read_current_client
from triage.logs.report_code import read_code
from triage.logs.report_header import Cause, read_cause
from triage.logs.report_info import Info, read_config, read_info
from triage.logs.report_lines import Prefix, ReportLine, read_lines
from triage.logs.report_missing import read_report, shortened
from triage.logs.report_parts import Part, last_line, read_parts, unknown_lines
from triage.logs.report_registers import read_registers
from triage.logs.report_server import read_server
from triage.logs.report_stack import first_crash_only, read_instruction, read_threads
from triage.logs.report_time import failure_time, seconds_alive
from triage.logs.scanned import Region
from triage.logs.years import Years
from triage.model import Evidence, FailedThread, Incident, Kind, RawLine, Site, Thread

_ROLES = {"M": "primary", "S": "replica", "X": "sentinel", "C": "child"}
_RAISERS = (
    "_serverAssert",
    "_serverAssertWithInfo",
    "_serverPanic",
    "_redisAssert",
    "_redisAssertWithInfo",
    "_redisPanic",
)
_EVIDENCE_LINES = 12
_NEAR = 3
"""Lines of a neighbour may come between a handler's prefix and the mark that belongs to it."""


def read_region(
    region: Region, source: str, processes: Sequence[Process], years: Years | None = None
) -> Iterator[tuple[Incident | None, tuple[RawLine, ...]]]:
    """Each report in the region as an incident (``None`` if nothing failed in it) with its unknown lines."""
    lead_in = read_lines(region.lead_in, years)
    for lines in split_reports(read_lines(region.lines, years)):
        headless = _headless(lead_in) if lines[0].text.startswith("------ ") else []
        lead_in = lead_in[: len(lead_in) - len(headless)]
        yield _read_one([*headless, *lines], lead_in, source, processes, region.cut)
        lead_in = []


def split_reports(lines: Sequence[ReportLine]) -> list[list[ReportLine]]:
    """One list per report: START is printed once per process, and a watchdog's dump stands for itself."""
    pieces: list[list[ReportLine]] = [[]]
    seen: set[str] = set()
    for line in lines:
        bound = _bound(line.text)
        if (bound == "start" and seen) or (bound in ("watchdog", "ooops") and bound in seen):
            pieces.append([])
            seen = set()
        if bound:
            seen.add(bound)
        pieces[-1].append(line)
    return [piece for piece in pieces if piece]


def _headless(lines: Sequence[ReportLine]) -> list[ReportLine]:
    """The raw lines right before a log's first marker: the rest of a section whose beginning is not in the log."""
    last = next((index for index in range(len(lines) - 1, -1, -1) if lines[index].prefix), -1)
    return list(lines[last + 1 :])


def _bound(text: str) -> str | None:
    if text.startswith("=== ") and " BUG REPORT " in text:
        return "start" if " REPORT START" in text else "end"
    if text in ("--- WATCHDOG TIMER EXPIRED ---", "Received SIGALRM"):
        return "watchdog"
    return "ooops" if text.startswith("=") and "= Ooops! " in text else None


def _read_one(
    lines: Sequence[ReportLine], lead_in: Sequence[ReportLine], source: str, processes: Sequence[Process], cut: bool
) -> tuple[Incident | None, tuple[RawLine, ...]]:
    parts = read_parts(lines)
    end = last_line(parts)
    raw = tuple(RawLine(line.line, line.raw) for line in (*lead_in, *lines) if line.line <= end)
    cause = read_cause(parts)
    prefix = _announced(lines, lead_in) or _prefix(lines, cause) or _prefix(lead_in[-2:], None)
    if cause and prefix and any(line.prefix and line.prefix.pid != prefix.pid for line in lines):
        # Another process logs into the same file: its lines are no part of this report.
        lines = [line for line in lines if line.prefix is None or line.prefix.pid == prefix.pid]
        parts = read_parts(lines)
        cause = read_cause(parts)
    if cause is None:
        return None, unknown_lines(parts)
    process = process_of(processes, prefix.pid if prefix else None, lines[0].line)
    incident = _incident(lines, parts, cause, prefix, process, cut)
    return replace(incident, input=source, raw=raw, evidence=_evidence(lines, cause, source)), unknown_lines(parts)


def _incident(
    lines: Sequence[ReportLine],
    parts: Sequence[Part],
    cause: Cause,
    prefix: Prefix | None,
    process: Process | None,
    cut: bool,
) -> Incident:
    own = parts[: cause.boundary]
    info = read_info(own) or read_info(parts)
    config = read_config(own) or read_config(parts)
    threads = read_threads(own) or first_crash_only(read_threads(parts), cause.running_at)
    registers = read_registers(own)
    client, command = read_current_client(own)
    time = failure_time(lines, prefix, info)
    server = read_server(parts, info, config, threads or (), registers or {}, process)
    if server.uptime_seconds is None:
        server = replace(server, uptime_seconds=seconds_alive(time, process))
    failed = next((thread for thread in threads or () if thread.crashed), None)
    report = read_report(parts, cause, server, cut, (lines[0].line, last_line(parts)))
    return Incident(
        kind=cause.kind,
        time=time,
        pid=prefix.pid if prefix else _process_id(info),
        role=_role(lines, prefix, process),
        server=server,
        signal=cause.signal,
        site=_site(cause, failed),
        message=cause.message,
        thread=_failed_thread(failed, prefix),
        threads=threads,
        instruction=read_instruction(own),
        registers=registers,
        current_client=client,
        clients=read_clients(own) or read_clients(parts),
        current_command=command,
        info=info,
        config=config,
        code_dump=read_code(own),
        report=shortened(report, threads or ()),
    )


def _failed_thread(failed: Thread | None, prefix: Prefix | None) -> FailedThread | None:
    if failed is not None and failed.tid is not None:
        return FailedThread(failed.tid, failed.name)
    return FailedThread(prefix.tid) if prefix and prefix.tid is not None else None


def _announced(lines: Sequence[ReportLine], lead_in: Sequence[ReportLine]) -> Prefix | None:
    """A signal handler writes its prefix on a line of its own before the mark of a watchdog's report."""
    before = () if lines[0].prefix else lead_in[-_NEAR:]
    empty = (line.prefix for line in reversed(before) if line.prefix and not line.text.strip())
    return next((prefix for prefix in empty if prefix.epoch is not None), None)


def _prefix(lines: Sequence[ReportLine], cause: Cause | None) -> Prefix | None:
    """Who reported: the prefix of the decisive line, else the first prefix of the report."""
    if cause and cause.token and cause.token.prefix:
        return cause.token.prefix
    return next((line.prefix for line in lines if line.prefix), None)


def _process_id(info: Info | None) -> int | None:
    value = (info or {}).get("Server", {}).get("process_id")
    return value if isinstance(value, int) else None


def _role(lines: Sequence[ReportLine], prefix: Prefix | None, process: Process | None) -> str | None:
    letters = [prefix.role] if prefix and prefix.role else [line.prefix.role for line in lines if line.prefix]
    letter = next((letter for letter in letters if letter), process.role if process else None)
    return _ROLES.get(letter) if letter else None


def _site(cause: Cause, failed: Thread | None) -> Site | None:
    if cause.site is None or cause.kind is not Kind.ASSERTION or failed is None:
        return cause.site
    frames = failed.frames
    raised = [frame.index for frame in frames if frame.function in _RAISERS]
    first = raised[-1] + 1 if raised else 0
    # A static function has no name in the log: then the next named frame is only its caller.
    return replace(cause.site, function=frames[first].function if first < len(frames) else None)


def _evidence(lines: Sequence[ReportLine], cause: Cause, source: str) -> tuple[Evidence, ...]:
    raw = {line.line: line.raw for line in lines}
    return tuple(Evidence(source, raw[token.line], token.line) for token in cause.evidence[:_EVIDENCE_LINES])

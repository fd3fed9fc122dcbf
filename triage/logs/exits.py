"""Ends of processes that left no crash report: the server said why and exited, or it just stopped."""

from collections.abc import Sequence

from triage.logs.processes import Process
from triage.logs.report_server import server_of
from triage.logs.scanned import LogLine
from triage.logs.succession import NEAR, Succession
from triage.model import Evidence, Incident, Kind, RawLine

ROLES = {"M": "primary", "S": "replica", "X": "sentinel"}
"""By the letter that the server puts into its lines."""
_READY = ("ready", "old_ready")
_ENDED = ("shutdown_signal", "shutdown_requested", "bye", "insist")
_REASONS = (
    "config_line",
    "config_directive",
    "config_reason",
    "bind_failed",
    "tls_setup",
    "load_error",
    "module_failed",
    "aof_setup",
    "aof_write_failed",
    "rdb_check_error",
)
_LAST_WORDS = ("load_error", "bind_failed", "aof_setup")
"""Reasons that may be all that a server says before it exits (Redis up to 6.2 for a port in use)."""
_ONLY_AT_START = (
    "fatal_config",
    "fatal_listen",
    "fatal_tls",
    "fatal_load",
    "fatal_module",
    "fatal_startup",
    *_LAST_WORDS,
)


def fatal_exit(process: Process, source: str) -> Incident | None:
    """The incident if the process logged why it gives up, and then logged nothing else of note."""
    fatal = _fatal_line(process)
    if fatal is None:
        return None
    words = [line for line in process.lines if _gives_reason(line) and abs(line.line - fatal.line) <= NEAR]
    return Incident(
        kind=Kind.FATAL_EXIT,
        time=fatal.time or process.last_time,
        pid=process.pid,
        role=ROLES.get(fatal.role or process.role or ""),
        server=server_of(process),
        message="; ".join(dict.fromkeys(line.message.strip() for line in words)),
        evidence=_evidence(words, source),
        input=source,
        raw=tuple(RawLine(line.line, line.text) for line in process.lines if line.line >= words[0].line - NEAR),
    )


def vanished(process: Process, succession: Succession, source: str) -> Incident | None:
    """The incident if the process stopped without a word and another one took its place, or a kill notice follows."""
    if process.pid is None or process.has(*_ENDED) or _fatal_line(process) is not None:
        return None
    notice = succession.kill_notice(process)
    successor = succession.successor(process)
    if notice is None and successor is None:
        return None
    words = [*process.lines[-1:], *([notice] if notice else []), *(successor.lines[:1] if successor else [])]
    words = list({line.line: line for line in words}.values())
    return Incident(
        kind=Kind.VANISHED,
        time=process.last_time,
        pid=process.pid,
        role=ROLES.get(process.role or ""),
        server=server_of(process),
        message=notice.message.strip() if notice else None,
        evidence=_evidence(words, source),
        input=source,
        raw=tuple(RawLine(line.line, line.text) for line in words),
    )


def _fatal_line(process: Process) -> LogLine | None:
    lines = process.lines
    ready = next((index for index, line in enumerate(lines) if line.name in _READY), len(lines))
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if line.name in _READY or line.name in _ENDED:
            return None
        if not (line.name.startswith("fatal_") or line.name in _LAST_WORDS):
            continue
        if line.name in _ONLY_AT_START and index > ready:
            continue
        # A replica survives a bad file from its primary.
        if line.name == "load_error" and line.role in ("S", "C", "X"):
            continue
        # Further from its last line it was survived.
        return line if process.last_line - line.line <= NEAR else None
    return None


def _gives_reason(line: LogLine) -> bool:
    return line.name.startswith("fatal_") or line.name in _REASONS


def _evidence(lines: Sequence[LogLine], source: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(source, line.text, line.line) for line in lines)

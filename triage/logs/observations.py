"""What a log shows outside incidents: shutdowns, restarts, failovers, full resyncs, refused writes."""

from collections.abc import Sequence
from itertools import islice

from triage.logs.crash_loops import crash_loops
from triage.logs.processes import Process
from triage.logs.scanned import LogLine, LogScan
from triage.logs.succession import Succession
from triage.model import Evidence, Finding, Incident, Outcome
from triage.model.whole_number import whole_number
from triage.records import dataclass

_EVIDENCE_LINES = 10


@dataclass(frozen=True, slots=True)
class _Kind:
    id: str
    title: str
    lines: tuple[str, ...]
    summary: str


_MISCONF = _Kind(
    "misconf",
    "Failed saves",
    ("save_failed", "aof_write_failed"),
    "Saving failed or writes were refused with MISCONF {times}.",
)
_OOM = _Kind(
    "oom-commands-rejected",
    "Commands rejected for memory",
    ("oom_rejected",),
    "Commands were refused because maxmemory was reached {times}.",
)
_KINDS = (
    _Kind("clean-shutdown", "Clean shutdown", ("bye",), "The server shut down in order {times}."),
    _Kind(
        "forced-exit",
        "Exit without a save",
        ("insist",),
        "A second SIGINT ended the server in the middle of its shutdown {times}: it did not save.",
    ),
    _Kind(
        "full-resync",
        "Full resynchronisation",
        ("resync_by_replica", "resync_from_primary"),
        "A replica was fully resynchronised {times}.",
    ),
    _Kind(
        "failover",
        "Failover",
        ("failover_won", "failover_manual", "failover_command", "sentinel_switch"),
        "A replica took over as primary; the log has {count} lines about it.",
    ),
    _MISCONF,
    _OOM,
    _Kind(
        "child-terminated",
        "Forked children terminated by a signal",
        ("child_terminated",),
        "A forked child (snapshot, rewrite, transfer) was ended by a signal {times}; the server lived on.",
    ),
    _Kind(
        "aof-cut",
        "End of an AOF cut off",
        ("aof_cut",),
        "An append-only file ended in the middle of a command, and was cut there {times}: the last writes are lost.",
    ),
    _Kind("aof-fsync-slow", "Slow disk", ("aof_fsync_slow",), "Flushing the AOF took too long {times}."),
    _Kind("cluster-down", "Cluster down", ("cluster_down",), "The cluster state changed to fail {times}."),
    _Kind(
        "primary-link-lost",
        "Link to the primary lost",
        ("primary_link_lost",),
        "A replica lost its primary {times}.",
    ),
    _Kind(
        "security-attack",
        "Possible attack",
        ("security_attack",),
        "HTTP commands came in on the server's port {times}: it may be open to browsers or the internet.",
    ),
)
_ERRORS = ((_MISCONF, "MISCONF"), (_OOM, "OOM"))
_RESTART = _Kind("restart", "Restart", (), "A server process started after another had ended, {times}.")


def read_observations(
    scan: LogScan, processes: Sequence[Process], incidents: Sequence[Incident]
) -> tuple[Finding, ...]:
    """The observations in the order of their first lines; ``data.count`` says how often."""
    found = {kind.id: _logged(scan, kind) for kind in _KINDS}
    restarts = _restarts(processes)
    found["restart"] = _finding(_RESTART, len(restarts), _places(scan.input, restarts)) if restarts else None
    for kind, error in _ERRORS:
        found[kind.id] = _counted(kind, error, incidents) or found[kind.id]
    seen = [finding for finding in found.values() if finding]
    return tuple(sorted([*seen, *crash_loops(incidents)], key=_first_line))


def _logged(scan: LogScan, kind: _Kind) -> Finding | None:
    lines = [line for line in scan.notable if line.name in kind.lines]
    return _finding(kind, len(lines), _places(scan.input, lines)) if lines else None


def _restarts(processes: Sequence[Process]) -> list[LogLine]:
    """The first lines of the processes that started after another one had ended."""
    succession = Succession(processes)
    return [process.lines[0] for process in processes if succession.is_restart(process)]


def _counted(kind: _Kind, error: str, incidents: Sequence[Incident]) -> Finding | None:
    """Error replies go to clients, not to the log; the INFO of a crash report has their number."""
    count = 0
    places: list[Evidence] = []
    for incident in incidents:
        stated = str((incident.info or {}).get("Errorstats", {}).get(f"errorstat_{error}", ""))
        replies = whole_number(stated.removeprefix("count=")) if stated.startswith("count=") else None
        if replies is not None:
            count += replies
            lines = (raw for raw in incident.raw if f"errorstat_{error}:" in raw.text)
            places += [Evidence(incident.input or "", raw.text.rstrip("\r"), raw.line) for raw in islice(lines, 1)]
    return _finding(kind, count, tuple(places)) if count else None


def _places(source: str, lines: Sequence[LogLine]) -> tuple[Evidence, ...]:
    return tuple(Evidence(source, line.text, line.line) for line in lines[:_EVIDENCE_LINES])


def _finding(kind: _Kind, count: int, evidence: tuple[Evidence, ...]) -> Finding:
    text = kind.summary.format(times="once" if count == 1 else f"{count} times", count=count)
    return Finding(kind.id, kind.title, Outcome.NEUTRAL, 0.0, text, {"count": count}, evidence)


def _first_line(finding: Finding) -> int:
    return (finding.evidence[0].line or 0) if finding.evidence else 0

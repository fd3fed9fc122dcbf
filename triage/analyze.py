"""The pipeline, told as a story: open, scan, read the incidents, question the evidence, name the crash."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from triage import __version__
from triage.correlate.new_connections import new_connections
from triage.correlate.timeline import timeline
from triage.correlate.tls_error_bursts import tls_error_bursts, tls_noise
from triage.intake import Source, open_inputs
from triage.knowledge import KnownIssue, judge, load_issues
from triage.knowledge.missing import what_would_help
from triage.knowledge.severity import severity
from triage.logs.incident_order import in_time_order
from triage.logs.incidents import LogFacts, coverage, read_incidents
from triage.logs.scan import scan
from triage.logs.scanned import LogScan
from triage.model import Analysis, Finding, Incident, Input, Instant, Problem, Tool, TriageError
from triage.signature import sign

Progress = Callable[[int], None]
"""Called with the number of (decompressed) bytes read so far, over all inputs."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may set: the age in milliseconds up to which a connection counts as young, and the log's zone."""

    young_connection_ms: int = 8
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class _Log:
    """One log of the case: its place among the inputs, what the scan found, what the incidents state."""

    scan: LogScan
    facts: LogFacts


class NoServerLogError(TriageError):
    """No input holds a line that a Valkey or Redis server writes."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"nothing of a Valkey or Redis server in {', '.join(names)}",
            "Give the server's own log (CONFIG GET logfile says where it is), or its container's output.",
        )


def analyze(paths: Sequence[str], options: Options | None = None, progress: Progress | None = None) -> Analysis:
    """Analyse the files at ``paths`` (``-`` is standard input) as one case.

    Raises ``TriageError`` if an only input cannot be read, or if no input holds anything of a server's. An unreadable
    input among others is listed with its problem instead.
    """
    options = options or Options()
    sources, refused = _open(paths)
    logs = {source.name: _read_log(source, progress) for source in sources if source.kind == "log"}
    inputs = (*(_describe(source, logs.get(source.name)) for source in sources), *refused)
    known = [log for log in logs.values() if _is_a_servers(log)]
    if not known:
        raise NoServerLogError([_named(entry) for entry in inputs])
    issues = load_issues()
    incidents = [
        _judged(incident, log.scan, issues, options.young_connection_ms)
        for log, incident in in_time_order([(log, log.facts.incidents) for log in known])
    ]
    return _in_zone(
        Analysis(
            tool=Tool(name="valkey-triage", version=__version__),
            inputs=inputs,
            incidents=tuple(incidents),
            observations=tuple(note for log in known for note in _observations(log)),
            timeline=timeline([log.scan for log in known]),
        ),
        options.zone,
    )


def _open(paths: Sequence[str]) -> tuple[list[Source], list[Input]]:
    sources: list[Source] = []
    refused: list[Input] = []
    for path in paths:
        try:
            sources += open_inputs([path])
        except TriageError as error:
            if len(paths) == 1:
                raise
            refused.append(Input(name=path, kind="unknown", problems=(Problem(str(error), error.hint),)))
    if not sources:
        raise TriageError("; ".join(problem.message for entry in refused for problem in entry.problems))
    return sources, refused


def _read_log(source: Source, progress: Progress | None) -> _Log:
    scanned = scan(source, progress)
    return _Log(scanned, read_incidents(scanned))


def _is_a_servers(log: _Log) -> bool:
    return bool(log.scan.pids or log.scan.regions or log.scan.notable or log.facts.incidents)


def _describe(source: Source, log: _Log | None) -> Input:
    if log is None:
        return Input(name=source.name, kind=source.kind, bytes=source.bytes, problems=_unread(source))
    scanned = log.scan
    return Input(
        name=source.name,
        kind=source.kind,
        bytes=source.bytes,
        lines=scanned.coverage.lines,
        format=scanned.format,
        timestamp_format=scanned.timestamp_format,
        first_time=scanned.first_time,
        last_time=scanned.last_time,
        coverage=coverage(scanned, log.facts),
        problems=(*source.problems, *scanned.problems),
        notes=scanned.notes,
    )


def _named(entry: Input) -> str:
    return entry.name if entry.kind in ("log", "unknown") else f"{entry.name} (a {entry.kind} file)"


def _unread(source: Source) -> tuple[Problem, ...]:
    note = Problem(f"a {source.kind} file: listed, but this version reads logs only")
    return (*source.problems, note)


def _judged(incident: Incident, scanned: LogScan, issues: tuple[KnownIssue, ...], young_ms: int) -> Incident:
    findings = (
        new_connections(incident, scanned, young_ms),
        tls_error_bursts(incident, scanned),
    )
    signature = sign(incident)
    return replace(
        incident,
        findings=findings,
        signature=signature,
        verdict=judge(incident, findings, signature, issues),
        severity=severity(incident),
        missing=what_would_help(incident, findings),
    )


def _observations(log: _Log) -> list[Finding]:
    noise = tls_noise(log.scan)
    return [*([noise] if noise else []), *log.facts.observations]


def _in_zone(analysis: Analysis, zone: tzinfo | None) -> Analysis:
    """Give instants whose zone the log does not state the zone that the user states."""
    if zone is None:
        return analysis

    def stated(moment: Instant | None) -> Instant | None:
        if moment is None or moment.utc_offset_minutes is not None or not moment.has_year:
            return moment
        wall = datetime.fromtimestamp(0, UTC).replace(tzinfo=None) + timedelta(milliseconds=moment.wall_ms)
        offset = zone.utcoffset(wall)
        return moment if offset is None else Instant(moment.wall_ms, int(offset.total_seconds() // 60))

    return replace(
        analysis,
        inputs=tuple(
            replace(entry, first_time=stated(entry.first_time), last_time=stated(entry.last_time))
            for entry in analysis.inputs
        ),
        incidents=tuple(replace(incident, time=stated(incident.time)) for incident in analysis.incidents),
    )

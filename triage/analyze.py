"""The pipeline, told as a story: open, scan, read the incidents, question the evidence, name the crash."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from triage import __version__
from triage.correlate.questions import ask
from triage.correlate.timeline import timeline
from triage.correlate.tls_error_bursts import tls_noise
from triage.intake import Source, open_inputs
from triage.knowledge import KnownIssue, judge, load_issues
from triage.knowledge.missing import what_would_help
from triage.knowledge.severity import severity
from triage.logs.incidents import LogFacts, read_incidents
from triage.logs.scan import scan
from triage.logs.scanned import LogScan
from triage.machine import access_class, explain_code
from triage.model import Analysis, Coverage, Finding, Incident, Input, Instant, Problem, Tool, TriageError
from triage.signature import duty_of, sign

if TYPE_CHECKING:
    from triage.symbols.binaries import Binaries
    from triage.symbols.find_files import SearchPath

Progress = Callable[[int], None]
"""Called with the number of (decompressed) bytes read so far, over all inputs."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may set: the age in milliseconds up to which a connection counts as young, and the log's zone.

    ``symbols`` says where debug files of the binaries among the inputs are looked for.
    """

    young_connection_ms: int = 8
    zone: tzinfo | None = None
    symbols: "SearchPath | None" = None


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
    known = [log for log in logs.values() if _is_a_servers(log)]
    if not known:
        described = (*(_describe(source, logs.get(source.name), None) for source in sources), *refused)
        raise NoServerLogError([_named(entry) for entry in described])
    binaries = _binaries(sources, options.symbols)
    issues = load_issues()
    incidents = [
        incident for log in known for incident in _judged(log, issues, options.young_connection_ms, binaries)
    ]
    inputs = (*(_describe(source, logs.get(source.name), binaries) for source in sources), *refused)
    return _in_zone(
        Analysis(
            tool=Tool(name="valkey-triage", version=__version__),
            inputs=inputs,
            incidents=tuple(sorted(incidents, key=_moment)),
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


def _binaries(sources: Sequence[Source], search: "SearchPath | None") -> "Binaries | None":
    """The executables and debug files among the inputs, ``None`` without any."""
    files = {source.name: Path(source.name) for source in sources if source.kind == "binary"}
    if not files:
        return None
    from triage.resources import cache_dir
    from triage.symbols.binaries import Binaries
    from triage.symbols.find_files import SearchPath

    return Binaries(files, search or SearchPath(), cache_dir())


def _with_names(incident: Incident, binaries: "Binaries | None") -> Incident:
    if binaries is None or not incident.threads:
        return incident
    return replace(incident, threads=binaries.resolve(incident.threads, incident.registers))


def _describe(source: Source, log: _Log | None, binaries: "Binaries | None") -> Input:
    if source.kind == "binary" and binaries is not None:
        problems = (*source.problems, *binaries.problems(source.name))
        return Input(name=source.name, kind=source.kind, bytes=source.bytes, problems=problems)
    if log is None:
        return Input(name=source.name, kind=source.kind, bytes=source.bytes, problems=_unread(source))
    scanned, unrecognised = log.scan, log.scan.coverage.unrecognised + log.facts.unrecognised
    lines = scanned.coverage.lines
    return Input(
        name=source.name,
        kind=source.kind,
        bytes=source.bytes,
        lines=lines,
        format=scanned.format,
        timestamp_format=scanned.timestamp_format,
        first_time=scanned.first_time,
        last_time=scanned.last_time,
        coverage=Coverage(lines=lines, recognised=lines - unrecognised, unrecognised=unrecognised),
        problems=(*source.problems, *scanned.problems),
    )


def _named(entry: Input) -> str:
    return entry.name if entry.kind in ("log", "unknown") else f"{entry.name} (a {entry.kind} file)"


def _unread(source: Source) -> tuple[Problem, ...]:
    note = Problem(f"a {source.kind} file: listed, but nothing in it is read")
    return (*source.problems, note)


def _judged(log: _Log, issues: tuple[KnownIssue, ...], young_ms: int, binaries: "Binaries | None") -> list[Incident]:
    named = [_with_names(incident, binaries) for incident in log.facts.incidents]
    signed = [replace(incident, signature=sign(incident)) for incident in named]
    judged = []
    for at, incident in enumerate(signed):
        findings = ask(signed, at, log.scan, young_ms, duty_of)
        code = explain_code(incident)
        judged.append(
            replace(
                incident,
                code=code,
                findings=findings,
                verdict=judge(incident, findings, incident.signature, issues),
                severity=severity(incident, access_class(incident, code)),
                missing=(*what_would_help(incident, findings), *(binaries.missing if binaries else ())),
            )
        )
    return judged


def _observations(log: _Log) -> list[Finding]:
    noise = tls_noise(log.scan)
    return [*([noise] if noise else []), *log.facts.observations]


def _moment(incident: Incident) -> tuple[int, int]:
    """Sorts by time; what has no time goes by its line, last."""
    line = min((place.line for place in incident.evidence if place.line is not None), default=0)
    return (incident.time.wall_ms if incident.time else 1 << 62, line)


def _in_zone(analysis: Analysis, zone: tzinfo | None) -> Analysis:
    """Give instants whose zone the log does not state the zone that the user states."""
    if zone is None:
        return analysis

    def stated(moment: Instant | None) -> Instant | None:
        if moment is None or moment.utc_offset_minutes is not None:
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

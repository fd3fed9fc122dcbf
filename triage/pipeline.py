"""The pipeline, told as a story: open, scan, read the incidents, question the evidence, name the crash."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from triage import __version__
from triage.cases.crowd import Room, in_brief
from triage.cases.no_log import no_log
from triage.correlate.questions import ask
from triage.correlate.timeline import close_up, timeline
from triage.correlate.timeline_events import MOST_EVENTS, events_of
from triage.correlate.tls_error_bursts import tls_noise
from triage.intake import Log, Source, Stream, Workspace, logs_of, open_inputs, unwrap
from triage.knowledge import KnowledgeBase, judge, open_knowledge
from triage.knowledge.missing import what_would_help
from triage.knowledge.severity import severity
from triage.logs.incident_order import in_time_order
from triage.logs.incidents import LogFacts, coverage, read_incidents
from triage.logs.long_logs import scan_in_halves
from triage.logs.placed import place_event, place_finding, place_incident
from triage.logs.renumber import renumber
from triage.logs.scan import scan
from triage.logs.scanned import LogScan
from triage.machine import access_class, explain_code
from triage.model import Analysis, Event, Finding, Incident, Input, Instant, Missing, Problem, Tool, TriageError
from triage.records import dataclass
from triage.signature import duty_of, sign

if TYPE_CHECKING:
    from triage.cases.artifacts import Artifacts
    from triage.cases.settings import SettingsFiles
    from triage.symbols.find_files import SearchPath

Progress = Callable[[int, int | None], None]
"""Called with the bytes of logs read so far and with how many there are (``None``: a stream), compressed as given."""
FirstLook = Callable[[Analysis], None]
"""Called once, before the inputs are read, with what the ends of long logs say alone."""

LONG_LOG_BYTES = 500_000_000
"""Logs from this size on take seconds to read: their ends are looked at first, where a server that died says so."""
FIRST_LOOK_BYTES = 64_000_000
"""How much of an end is looked at: an eighth of the shortest long log, read in well under a second."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may set.

    The age in milliseconds up to which a connection counts as young, the log's zone, directories with knowledge files
    of the user's own, where debug files of the binaries among the inputs are looked for (``symbols``), and whether
    to show what clients sent and how they are called, where a core holds it (``user_data``).
    """

    young_connection_ms: int = 8
    zone: tzinfo | None = None
    knowledge: tuple[str, ...] = ()
    symbols: "SearchPath | None" = None
    user_data: bool = False


@dataclass(frozen=True, slots=True)
class _Log:
    """One log of the case: where it comes from, what the scan found, what the incidents state."""

    stream: Stream
    scan: LogScan
    facts: LogFacts
    room: Room = field(default_factory=Room)

    @property
    def incidents(self) -> Sequence[Incident]:
        """Those for which there is room."""
        return self.room.kept(self.facts.incidents)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What of it was not read or is not told."""
        return (*self.scan.problems, *self.room.problems(len(self.facts.incidents)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be assumed, and what is told in brief."""
        return (*self.scan.notes, *self.room.notes(len(self.facts.incidents)))


class NoServerLogError(TriageError):
    """No input holds a line that a Valkey or Redis server writes."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        hints = [problem.hint for entry in inputs for problem in entry.problems if problem.hint]
        super().__init__(
            f"nothing of a Valkey or Redis server in {', '.join(map(_named, inputs))}",
            hints[0]
            if hints
            else "Give the server's own log (CONFIG GET logfile says where it is), or its container's output.",
        )


def analyze(
    paths: Sequence[str],
    options: Options | None = None,
    progress: Progress | None = None,
    first_look: FirstLook | None = None,
    knowledge: KnowledgeBase | None = None,
) -> Analysis:
    """Analyse the files at ``paths`` (``-`` is standard input) as one case.

    ``first_look`` is given what the ends of logs of ``LONG_LOG_BYTES`` and more say, while the rest is still unread;
    the answer is the same with and without it. ``knowledge`` is that of ``options`` if it is open already, for who
    has many cases. Raises ``TriageError`` if an only input cannot be read, or if no input holds anything of a
    server's. An unreadable input among others is listed with its problem instead.
    """
    options = options or Options()
    with Workspace() as workspace:
        sources, refused = _open(paths, workspace)
        if first_look is not None and (ends := _ends_of_long_logs(sources)):
            with suppress(NoServerLogError):
                first_look(_in_zone(_analysis(ends, [], options), options.zone))
        return _in_zone(_analysis(sources, refused, options, progress, knowledge), options.zone)


def _ends_of_long_logs(sources: Sequence[Source]) -> list[Source]:
    """The end of the newest part of each long log, if that is a plain file."""
    long = [log for log in logs_of(sources) if (log.parts[-1].bytes or 0) >= LONG_LOG_BYTES]
    return [end for log in long if (end := log.end(FIRST_LOOK_BYTES)) is not None]


def _analysis(
    sources: Sequence[Source],
    refused: Sequence[Input],
    options: Options,
    progress: Progress | None = None,
    knowledge: KnowledgeBase | None = None,
) -> Analysis:
    found = logs_of(sources)
    told = _over_all(found, progress)
    logs = _sharing_room([read for log in found for read in _read(log, told)])
    known = [log for log in logs if _is_a_servers(log)]
    artifacts, settings = _artifacts(sources, options), _settings_files(sources)
    if not known and not (artifacts and artifacts.hold_a_core):
        raise NoServerLogError((*_described(sources, logs, artifacts), *refused))
    knowledge = knowledge or open_knowledge(*options.knowledge)
    judged = [
        (log, _placed(log, _judged(log, found, knowledge, options.young_connection_ms)))
        for log, found in _failures(known, artifacts, settings)
    ]
    return Analysis(
        tool=Tool(name="valkey-triage", version=__version__),
        inputs=(*_described(sources, logs, artifacts), *refused),
        incidents=tuple(incident for _, incident in in_time_order(judged)),
        observations=tuple(note for log in known for note in _observations(log)),
        timeline=timeline([log.scan for log in known], _events(known)),
    )


def _failures(
    logs: Sequence[_Log], artifacts: "Artifacts | None", settings: "SettingsFiles | None"
) -> Iterator[tuple[_Log | None, Sequence[Incident]]]:
    """The incidents of each log, with what binaries, cores and settings add; last those that only a core tells of."""
    for log, incidents in _with_artifacts(logs, artifacts):
        yield log, incidents if settings is None else [settings.add_to(incident) for incident in incidents]


def _with_artifacts(
    logs: Sequence[_Log], artifacts: "Artifacts | None"
) -> Iterator[tuple[_Log | None, Sequence[Incident]]]:
    if artifacts is None:
        yield from ((log, log.incidents) for log in logs)
        return
    named = [[artifacts.with_names(_signed(incident)) for incident in log.incidents] for log in logs]
    shared = artifacts.share_out([(log.scan, found) for log, found in zip(logs, named, strict=True)])
    yield from zip(logs, shared.by_log, strict=True)
    yield from ((None, (incident,)) for incident in shared.others)


def _open(paths: Sequence[str], workspace: Workspace) -> tuple[list[Source], list[Input]]:
    sources: list[Source] = []
    refused: list[Input] = []
    for path in paths:
        try:
            sources += open_inputs([path], workspace)
        except TriageError as error:
            if len(paths) == 1:
                raise
            refused.append(Input(name=path, kind="unknown", problems=(Problem(str(error), error.hint),)))
    if not sources:
        problems = [problem for entry in refused for problem in entry.problems]
        said = "; ".join(problem.message for problem in problems)
        raise TriageError(said or "no input was given", next((each.hint for each in problems if each.hint), ""))
    return sources, refused


def _over_all(logs: Sequence[Log], progress: Progress | None) -> Callable[[int], None] | None:
    """Tells of all logs what a scan tells of the one that it reads."""
    if progress is None:
        return None
    parts = [part for log in logs for part in log.parts]
    sizes = [part.bytes for part in parts if part.bytes is not None]
    total = sum(sizes) if len(sizes) == len(parts) else None
    return lambda _: progress(sum(part.read for part in parts), total)


def _read(log: Log, progress: Callable[[int], None] | None) -> Iterator[_Log]:
    streams = unwrap(log)
    if (scanned := scan_in_halves(log, progress)) is not None:
        yield _Log(next(streams), scanned, read_incidents(scanned))
        return
    for stream in streams:
        scanned = scan(stream, progress, writers=stream.writers)
        if stream.moved:
            scanned = renumber(scanned, stream.original_lines)
        yield _Log(stream, scanned, read_incidents(scanned))


def _sharing_room(logs: Sequence[_Log]) -> list[_Log]:
    counts = [len(log.facts.incidents) for log in logs]
    return [replace(log, room=Room.of(count, sum(counts))) for log, count in zip(logs, counts, strict=True)]


def _is_a_servers(log: _Log) -> bool:
    return bool(log.scan.pids or log.scan.regions or log.scan.notable or log.facts.incidents)


def _artifacts(sources: Sequence[Source], options: Options) -> "Artifacts | None":
    """The cores, executables and debug files among the inputs; ``None`` without any."""
    if not any(source.kind in ("core", "binary") for source in sources):
        return None
    from triage.cases.artifacts import Artifacts
    from triage.resources import cache_dir
    from triage.symbols.find_files import SearchPath

    cores, binaries = (
        {source.name: _path(source) for source in sources if source.kind == kind} for kind in ("core", "binary")
    )
    return Artifacts(cores, binaries, options.symbols or SearchPath(), cache_dir(), user_data=options.user_data)


def _settings_files(sources: Sequence[Source]) -> "SettingsFiles | None":
    """The configuration files and answers to INFO among the inputs; ``None`` without any."""
    configurations = [source for source in sources if source.kind == "config"]
    answers = [source for source in sources if source.kind == "info"]
    if not configurations and not answers:
        return None
    from triage.cases.settings import SettingsFiles
    from triage.logs.settings_files import read_configuration, read_info_output

    return SettingsFiles(
        {source.name: read_configuration(source.name, source.blocks()) for source in configurations},
        {source.name: read_info_output(source.name, source.blocks()) for source in answers},
    )


def _signed(incident: Incident) -> Incident:
    """The incident with its signature; one that its log alone gave it keeps the keys.

    The keys come from the frames as the log prints them, so that the same crash has the same keys whether or not
    somebody sends the binary or a core along; a stack without a name is signed with those that these give.
    """
    printed, found = incident.signature, sign(incident)
    if printed.family is not None:
        found = replace(found, strict=printed.strict, family=printed.family)
    return replace(incident, signature=found)


def _path(source: Source) -> Path:
    """Where the bytes of a source can be mapped: compressed ones and members of archives are unpacked."""
    return Path(source.path) if source.path is not None else source.kept()


def _described(sources: Sequence[Source], logs: Sequence[_Log], artifacts: "Artifacts | None") -> Iterator[Input]:
    for source in sources:
        written = [log for log in logs if source in log.stream.log.parts]
        if source.kind in ("core", "binary") and artifacts is not None:
            problems = (*source.problems, *artifacts.problems(source.name))
            yield Input(name=source.name, kind=source.kind, bytes=source.bytes, problems=problems)
        elif not written:
            yield _no_log(source)
        # A server's log comes before those of its neighbours in the same file.
        for log in sorted(written, key=_is_a_servers, reverse=True):
            if source is log.stream.log.parts[0] or log is written[0]:
                yield _describe(source, log, source.problems if log is written[0] else ())


def _describe(source: Source, log: _Log, problems: tuple[Problem, ...]) -> Input:
    scanned = log.scan
    lines, whole = scanned.coverage.lines, log.stream.log
    first = source is whole.parts[0]
    return Input(
        name=log.stream.label(source),
        # What else runs in a server's compose file or pod writes no log of a server.
        kind=source.kind if log.stream.writer is None or _is_a_servers(log) else "unknown",
        bytes=source.bytes,
        lines=lines if len(whole.parts) == 1 else whole.line_counts[whole.parts.index(source)],
        format=scanned.format,
        timestamp_format=scanned.timestamp_format,
        wrapper=log.stream.wrapper,
        first_time=scanned.first_time if first else None,
        last_time=scanned.last_time if source is whole.parts[-1] else None,
        coverage=coverage(scanned, log.facts) if first else None,
        problems=(*problems, *(log.problems if first else ())),
        notes=(*source.remarks, *(log.notes if first else ())),
    )


def _named(entry: Input) -> str:
    if entry.kind not in ("log", "unknown"):
        return f"{entry.name} (a {entry.kind} file)"
    why = next((problem.message for problem in entry.problems if problem.hint), None)
    return f"{entry.name} ({why})" if why else entry.name


def _no_log(source: Source) -> Input:
    """An input that is not a log; an answer to INFO has no kind of its own in the contract."""
    if source.kind == "info":
        notes = ("the answer to INFO",)
        return Input(source.name, "unknown", source.bytes, problems=source.problems, notes=notes)
    expected = source.kind == "config" or (source.found and source.kind == "unknown")
    unread = () if expected else (Problem(f"a {source.kind} file: listed, but nothing in it is read"),)
    return Input(name=source.name, kind=source.kind, bytes=source.bytes, problems=source.problems or unread)


def _placed(log: _Log | None, incidents: list[Incident]) -> list[Incident]:
    """The incidents with their evidence where it stands: rotated logs are read in the order of their times."""
    if log is None or not log.stream.rearranged:
        return incidents
    return [place_incident(incident, log.stream.place) for incident in incidents]


def _judged(
    log: _Log | None, incidents: Sequence[Incident], knowledge: KnowledgeBase, young_ms: int
) -> list[Incident]:
    """The incidents of one log, signed, questioned and judged; ``log`` is ``None`` if there is only a core."""
    signed = [_signed(incident) for incident in incidents]
    judged = []
    for at, incident in enumerate(signed):
        scanned = log.scan if log is not None else no_log(incident.input or "")
        findings = (*incident.findings, *ask(signed, at, scanned, young_ms, duty_of))
        code = explain_code(incident)
        signature = incident.signature
        verdict = judge(incident, findings, signature, knowledge.relevant(incident, signature))
        whole = replace(
            incident,
            code=code,
            findings=findings,
            verdict=verdict,
            severity=severity(incident, access_class(incident, code)),
            missing=_once((*what_would_help(incident, findings, verdict), *incident.missing)),
            close_up=close_up(incident, scanned),
        )
        judged.append(whole if log is None or at < log.room.in_full else in_brief(whole))
    return judged


def _once(wanted: Iterable[Missing]) -> tuple[Missing, ...]:
    """What would help, without entries that ask for the same by the same command."""
    return tuple({entry.command or entry.what: entry for entry in reversed(tuple(wanted))}.values())[::-1]


def _observations(log: _Log) -> list[Finding]:
    noise = tls_noise(log.scan)
    notes = [*([noise] if noise else []), *log.facts.observations]
    return [place_finding(note, log.stream.place) for note in notes] if log.stream.rearranged else notes


def _events(logs: Sequence[_Log]) -> list[Event]:
    """The last events of all logs, in the order of time."""
    found = [
        place_event(event, log.stream.place) if log.stream.rearranged else event
        for log in logs
        for event in events_of(log.scan)
    ]
    return sorted(found, key=lambda event: event.time.wall_ms)[-MOST_EVENTS:]


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

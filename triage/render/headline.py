"""What happened, when and to what: the few words and facts that stand on top of every report."""

from collections.abc import Sequence

from triage.model import Analysis, Coverage, Incident, Input, Instant, Kind, Server, Signal, Site
from triage.patterns import compiled
from triage.records import dataclass
from triage.render import wording
from triage.render.alike import Alike

TITLE_LIMIT = 140
"""Characters of a message that fit into a title."""
_MOMENTS = {Kind.WATCHDOG: "Frozen", Kind.VANISHED: "Last line"}
"""What the time of an incident is, where it is not that of the failure."""
_ENDINGS = {Kind.WATCHDOG: "was frozen", Kind.VANISHED: "wrote its last line"}
_BANNER = compiled(r"\*\*\* [A-Z ]{1,60}(?:\([^()]{1,60}\) )?\*\*\*; ")
"""What stands above the reason, and takes the room of a title from it."""
PRODUCTS = {"valkey": "Valkey", "redis": "Redis", "keydb": "KeyDB"}


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, both for people."""

    label: str
    value: str


def title(incident: Incident) -> str:
    """What died, in a line: ``Assertion failed at tls.c:603``."""
    words = wording.KINDS[incident.kind]
    if incident.kind is Kind.SIGNAL and incident.signal is not None:
        return _signal_title(incident.signal)
    if incident.kind in (Kind.FATAL_EXIT, Kind.PANIC) and incident.message:
        message = _BANNER.sub("", incident.message)
        return f"{words}: {message if len(message) <= TITLE_LIMIT else message[:TITLE_LIMIT].rstrip(' ,;:') + '…'}"
    return f"{words} at {place(incident.site)}" if incident.site and place(incident.site) else words


def _signal_title(signal: Signal) -> str:
    if signal.stopped:
        return "Core of a running process"
    name = signal.name or f"signal {signal.number}"
    if signal.sender_pid is not None:
        return f"{name} sent from outside, by process {signal.sender_pid}"
    if signal.sent:
        return f"{name} sent to the process"
    if signal.code_name and signal.address is not None:
        return f"Crashed with {name} ({signal.code_name} at {signal.address})"
    return f"Crashed with {name}"


def place(site: Site) -> str:
    """``tls.c:603``, the function if that is all there is, or nothing."""
    if site.file is None:
        return site.function or ""
    return site.file if site.line is None else f"{site.file}:{site.line}"


def product(server: Server) -> str:
    """``Valkey 8.1.0``, as far as it is known."""
    name = PRODUCTS.get(server.product or "", server.product or "The server")
    return f"{name} {server.version}" if server.version else name


def story(incident: Incident) -> str:
    """One or two sentences: who did what, after how long, on which words."""
    server = incident.server
    actor = f"{product(server)}{f', a {incident.role},' if incident.role else ''}"
    where = "" if _deed_says_where(incident) else _in_thread(incident)
    after = f" after {wording.duration(server.uptime_seconds)} of uptime" if server.uptime_seconds else ""
    return f"{actor} {_deed(incident)}{where}{after}{_words(incident)}."


def _deed_says_where(incident: Incident) -> bool:
    """Whether the thread is told with the deed, or is none that did anything: the kernel hands a signal to any."""
    return incident.kind is Kind.WATCHDOG or _was_sent(incident) or incident.is_of_a_running_process


def _was_sent(incident: Incident) -> bool:
    signal = incident.signal
    return incident.kind is Kind.SIGNAL and signal is not None and (signal.sent or signal.sender_pid is not None)


def _in_thread(incident: Incident) -> str:
    thread = incident.thread
    if thread is None:
        return ""
    if thread.tid is not None and thread.tid == incident.pid:
        return " in its main thread"
    return f" in thread {thread.name}" if thread.name else ""


def _words(incident: Incident) -> str:
    if incident.kind is not Kind.ASSERTION or not incident.site or not incident.site.expression:
        return ""
    return f": ‘{incident.site.expression}’ did not hold"


def _deed(incident: Incident) -> str:
    match incident.kind:
        case Kind.ASSERTION:
            return "aborted itself on a failed assertion"
        case Kind.PANIC:
            return "aborted itself in a panic"
        case Kind.OUT_OF_MEMORY:
            return "aborted because an allocation failed"
        case Kind.SIGNAL if _was_sent(incident):
            return "was killed by a signal that was sent to it"
        case Kind.SIGNAL if incident.is_of_a_running_process:
            return "was halted while its core was written; the core shows no end of it"
        case Kind.SIGNAL:
            return "crashed on a fault of its own"
        case Kind.WATCHDOG:
            where = _in_thread(incident)
            return f"was frozen{where} long enough for the watchdog to dump its stack; it did not die"
        case Kind.FATAL_EXIT:
            return "logged why it could not go on, and exited"
        case Kind.MEMORY_TEST_FAILED:
            return "found broken memory"
        case Kind.VANISHED:
            return "stopped logging without a crash report or a shutdown line"


def ending(incident: Incident) -> str:
    """What the process did at the time of the incident."""
    return _ENDINGS.get(incident.kind, "failed")


def fate(incident: Incident) -> str:
    """What befell the thread whose stack is shown first: it ``failed``, or nothing as bad."""
    if incident.is_of_a_running_process:
        return "was halted"
    return "was frozen" if incident.kind is Kind.WATCHDOG else "failed"


def several(groups: Sequence[Alike], more: int) -> str:
    """What a case with more than one failure shows; ``more`` kinds are not among ``groups``."""
    kinds = len(groups) + more
    if kinds == 1:
        return f"The server failed in the same way each time, {groups[0].span}." if groups[0].span else ""
    same = any(len(group.members) > 1 for group in groups)
    told = f"{wording.plural(kinds, 'kind')} of failure, " if same else ""
    return f"The server came to an abnormal end more than once: {told}each judged by itself, in the order of time."


def facts(incident: Incident) -> list[Fact]:
    """When and to what: only what is known."""
    server, moment = incident.server, incident.time
    pairs = [
        (_MOMENTS.get(incident.kind, "Failed"), _when(moment) if moment else None),
        ("Server", product(server) if server.product or server.version else None),
        ("Mode", _joined(*dict.fromkeys((server.mode, incident.role)))),
        ("Uptime", None if server.uptime_seconds is None else wording.duration(server.uptime_seconds)),
        ("TLS", _yes_no(server.tls)),
        ("I/O threads", _io_threads(server)),
        ("Signal", _signal(incident.signal) if incident.signal else None),
        ("Command", incident.current_command),
        ("Thread", _thread(incident)),
        ("Process", None if incident.pid is None else f"pid {incident.pid}"),
        ("Architecture", server.arch),
        ("System", server.os),
        ("Allocator", server.malloc),
        ("Build", _build(server)),
        ("Modules", _modules(server)),
        ("Severity", _severity(incident)),
        ("Class", incident.severity.class_ if incident.severity else None),
        ("Message", incident.message),
    ]
    return [Fact(label, value) for label, value in pairs if value]


def _when(moment: Instant) -> str:
    known = moment.utc_offset_minutes is not None
    return wording.moment(moment) if known else f"{wording.moment(moment)} ({wording.zone(moment)})"


def _joined(*values: str | None) -> str:
    return ", ".join(value for value in values if value)


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else "on" if value else "off"


def _io_threads(server: Server) -> str | None:
    state = {True: "active at the failure", False: "idle at the failure", None: None}[server.io_threads_active]
    count = None if server.io_threads is None else f"{server.io_threads} configured"
    return _joined(count, state) or None


def _signal(signal: Signal) -> str:
    number = f"{signal.name} ({signal.number})" if signal.name else str(signal.number)
    code = signal.code_name or (None if signal.code is None else f"code {signal.code}")
    # Of a signal that was sent, si_addr holds the sender's ids.
    address = None if signal.address is None or signal.sent else f"address {signal.address}"
    sender = None if signal.sender_pid is None else f"sent by pid {signal.sender_pid}"
    user = None if signal.sender_uid is None else f"uid {signal.sender_uid}"
    return _joined(number, code, address, sender, user)


def _thread(incident: Incident) -> str | None:
    if incident.thread is None:
        return None
    tid = None if incident.thread.tid is None else f"tid {incident.thread.tid}"
    return _joined(incident.thread.name, tid) or None


def _build(server: Server) -> str | None:
    sha = server.git_sha1 if server.git_sha1 and server.git_sha1.strip("0") else None
    return _joined(f"git {sha}" if sha else None, f"build id {server.build_id}" if server.build_id else None) or None


def _severity(incident: Incident) -> str | None:
    if incident.severity is None:
        return None
    level = wording.LEVELS.get(incident.severity.level, incident.severity.level)
    reasons = " ".join(incident.severity.reasons)
    return f"{level}: {reasons}" if reasons else level


def _modules(server: Server) -> str | None:
    if server.modules is None:
        return None
    return _joined(*(f"{module.name} {module.version or ''}".rstrip() for module in server.modules)) or "none"


def nothing_found(analysis: Analysis) -> str:
    """What was read without finding a crash, honestly: how many lines, and what could not be read."""
    lines = sum(entry.lines or 0 for entry in analysis.inputs)
    damaged = [entry.name for entry in analysis.inputs if entry.problems]
    all_of_it = (
        f"All {wording.plural(lines, 'line')} were read; none shows" if lines > 1 else "Its only line does not show"
    )
    read = f"{all_of_it} a server process that came to an abnormal end."
    if not damaged:
        return read
    return f"{read} But not everything could be read, so this holds only for what was: see the inputs below."


def file_name(path: str) -> str:
    """The last part of a path."""
    return path.rstrip("/").rsplit("/", 1)[-1] or path


def input_facts(entry: Input) -> list[Fact]:
    """What an input is, how much of it there is and how much of that was understood."""
    covered = entry.coverage
    pairs = [
        ("Kind", entry.kind),
        ("Size", None if entry.bytes is None else wording.size(entry.bytes)),
        ("Lines", None if entry.lines is None else f"{entry.lines:,}"),
        ("Recognised", None if covered is None else _covered(covered)),
        ("Format", entry.format),
        ("Timestamps", entry.timestamp_format),
        ("Wrapped by", entry.wrapper),
        ("First line", None if entry.first_time is None else wording.moment(entry.first_time)),
        ("Last line", None if entry.last_time is None else wording.moment(entry.last_time)),
    ]
    return [Fact(label, value) for label, value in pairs if value]


def _covered(coverage: Coverage) -> str:
    unknown = f", {wording.plural(coverage.unrecognised, 'line')} not" if coverage.unrecognised else ""
    return f"{wording.coverage(coverage.recognised, coverage.lines)}{unknown}"

"""Which sections a report has, which it lacks, and why."""

from collections.abc import Sequence
from dataclasses import replace

from triage.logs.report_header import Cause
from triage.logs.report_parts import Part
from triage.logs.report_stack import MOST_FRAMES
from triage.model import Kind, MissingSection, Report, Server, Thread
from triage.model.whole_number import whole_number

_NAMES = {
    "stack": "STACK TRACE",
    "registers": "REGISTERS",
    "info": "INFO OUTPUT",
    "cluster_nodes": "CLUSTER NODES OUTPUT",
    "clients": "CLIENT LIST OUTPUT",
    "modules": "MODULES INFO OUTPUT",
    "config": "CONFIG DEBUG OUTPUT",
    "memory_test": "FAST MEMORY TEST",
    "code_dump": "DUMPING CODE AROUND EIP",
}
_OF_SIGNALS = ("registers", "code_dump")
_LAYOUT = ("stack", "registers", "info", "clients", "modules", "config", "memory_test", "code_dump")
_SINCE = {"modules": (6, 0), "config": (7, 0), "registers": (2, 6), "memory_test": (2, 8), "code_dump": (3, 2)}

_NESTED = "the server crashed again while it wrote the report"
_CUT = "the log ends before this section"
_GAP = "lines are missing in the middle of the report"
_CONTEXT = (
    "an assertion that prints its client or object first counts as a recursive one (Redis 7.4+, Valkey 8.0+), "
    "and the server then skips this section"
)
_SWITCHED_OFF = "crash-log-enabled is no"
_NO_STACK = "crash-log-enabled is no, or this build has no backtrace support (as builds for musl, Alpine)"
_NO_BACKTRACE = "this build has no backtrace support, as builds for musl (Alpine) have none"
_NO_MEMORY_TEST = "crash-memcheck-enabled is no, or the system is not Linux"
_MANY_FRAMES = f"of a thread with more frames, only the innermost {MOST_FRAMES} are kept"
_NO_SYMBOL = "the faulting address belongs to no known code"


def read_report(parts: Sequence[Part], cause: Cause, server: Server, cut: bool, lines: tuple[int, int]) -> Report:
    """What is there of the report that ``parts`` hold; ``lines`` are its first and last line in the log."""
    titles = [part.title.kind for part in parts]
    ended = "END_MARK" in titles
    own = parts[: cause.boundary]
    # Up to 7.2 a second crash can take over before the first has printed any section.
    own = own if _sections(own) else parts
    complete = "START_MARK" in titles and ended and not cut
    return Report(
        complete=complete,
        sections=_sections(own),
        missing=_missing(own, cause, server, ended, cut),
        nested=cause.nested,
        first_line=lines[0],
        last_line=lines[1],
    )


def shortened(report: Report, threads: Sequence[Thread]) -> Report:
    """The report, which tells if frames were left out."""
    if all(len(thread.frames) < MOST_FRAMES for thread in threads):
        return report
    return replace(report, missing=(*report.missing, MissingSection(_NAMES["stack"], _MANY_FRAMES)))


def _sections(parts: Sequence[Part]) -> tuple[str, ...]:
    names = [_name(part) for part in parts]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _name(part: Part) -> str | None:
    if part.name == "unknown_section":
        return part.title.fields["name"]
    if part.name == "current_client":
        return f"{part.title.fields.get('which', 'CURRENT')} CLIENT INFO"
    return _NAMES.get(part.name)


def _missing(
    parts: Sequence[Part], cause: Cause, server: Server, ended: bool, cut: bool
) -> tuple[MissingSection, ...]:
    if cause.kind is Kind.WATCHDOG:
        return ()
    present = {part.name for part in parts}
    expected = [name for name in _LAYOUT if _expected(name, cause.kind, server)]
    why = {name: _why(name, present, cause, ended, cut) for name in expected if name not in present}
    missing = [MissingSection(_NAMES[name], reason) for name, reason in why.items()]
    if not ended:
        missing.append(MissingSection("END", _NESTED if cause.nested else _CUT))
    return tuple(missing)


def _expected(name: str, kind: Kind, server: Server) -> bool:
    version = _version(server)
    if version is not None and version < _SINCE.get(name, (0, 0)):
        return False
    # Up to Redis 6.0 an assertion or panic forces a signal, and prints all that a signal prints.
    forced = version is not None and version < (6, 2)
    return name not in _OF_SIGNALS or kind is Kind.SIGNAL or forced


def _why(name: str, present: set[str], cause: Cause, ended: bool, cut: bool) -> str:
    later = present & set(_LAYOUT[_LAYOUT.index(name) + 1 :])
    bare = not present & set(_LAYOUT)
    if bare and ended and cause.kind is not Kind.SIGNAL:
        if cause.recursive:
            return _NO_STACK if name == "stack" else _CONTEXT
        return _SWITCHED_OFF
    if (
        name in ("stack", "registers", "code_dump")
        and "stack" not in present
        and "info" in present
        and (ended or later)
    ):
        return _NO_BACKTRACE
    if cause.recursive and "info" not in present:
        return _CONTEXT
    if name == "memory_test" and (ended or later) and not cause.nested:
        return _NO_MEMORY_TEST
    if name == "code_dump" and ended and not cause.nested:
        return _NO_SYMBOL
    if cause.nested:
        return _NESTED
    return _GAP if cut or later or ended else _CUT


def _version(server: Server) -> tuple[int, int] | None:
    major, minor, *_ = (*map(whole_number, (server.version or "").split(".")[:2]), None, None)
    return None if major is None or minor is None else (major, minor)

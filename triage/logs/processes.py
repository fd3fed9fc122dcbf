"""The server processes that a log tells of: where each starts and ends, and what its own lines say of it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from triage.logs.report_lines import read_lines
from triage.logs.scanned import LogLine, LogScan, PidSpan
from triage.logs.years import Years
from triage.model import Instant, RawLine
from triage.records import dataclass

_STARTS = ("starting", "version", "old_started")
_SERVER_ROLES = ("M", "S", "X")
_BEFORE_ITS_ROLE = (*_STARTS, "fatal_startup")
"""What a server may say with the letter of a child: it knows its role only when it has read its configuration."""
_NOT_A_WORD_OF_ITS_LIFE = ("kill_notice", "rdb_check", "rdb_check_error")
"""Lines that stand in its group, but do not show how long it lived: others wrote them, or they follow its end."""


@dataclass(frozen=True, slots=True)
class Process:
    """One server process. ``pid`` is ``None`` if only raw lines (a config error on standard error) tell of it.

    ``started`` says that the log holds its start. ``lines`` are its notable lines in file order, ``last_line`` the
    last line that can be its own.
    """

    pid: int | None
    first_line: int
    last_line: int
    started: bool
    lines: tuple[LogLine, ...]
    first_time: Instant | None = None
    last_time: Instant | None = None
    role: str | None = None

    def field(self, name: str, *lines: str) -> str | None:
        """The first value that one of the named notable lines gives for a named group."""
        return next((line.fields[name] for line in self.lines if line.name in lines and name in line.fields), None)

    @property
    def port(self) -> str | None:
        """The port that the server names at its start."""
        return self.field("port", "mode")

    def has(self, *names: str) -> bool:
        """Whether any of the named notable lines is there."""
        return any(line.name in names for line in self.lines)


@lru_cache(maxsize=1)
def read_processes(scan: LogScan) -> tuple[Process, ...]:
    """All server processes in the order in which they first appear. Forked children are not among them."""
    spans = {span.pid: span for span in scan.pids}
    groups = _group(scan.notable)
    known = {group[0].pid for group in groups}
    groups += [[line] for line in _unstarted(scan, known)]
    groups.sort(key=lambda group: group[0].line)
    again: dict[int | None, int] = {}
    found: list[Process] = []
    for group in reversed(groups):
        pid = group[0].pid
        found.append(_process(group, again.get(pid) if pid is not None else None, spans))
        again[pid] = group[0].line
    found.reverse()
    return tuple(sorted(found, key=lambda process: process.first_line))


def process_of(processes: Sequence[Process], pid: int | None, line: int) -> Process | None:
    """The process of that pid that was alive at that line; ``processes`` are in the order of their first lines."""
    at = bisect_right(processes, line, key=lambda process: process.first_line)
    return next((processes[index] for index in range(at - 1, -1, -1) if processes[index].pid == pid), None)


def _group(notable: Iterable[LogLine]) -> list[list[LogLine]]:
    """Notable lines by process: a new group at every start, raw lines with the process that started last."""
    groups: list[list[LogLine]] = []
    current: dict[int | None, list[LogLine]] = {}
    for line in sorted(notable, key=lambda line: line.line):
        group = current.get(line.pid) if line.pid is not None else (groups[-1] if groups else None)
        if line.role == "C" and line.name not in _BEFORE_ITS_ROLE and group is None:
            continue
        if group is None or _begins_anew(group, line):
            group = []
            groups.append(group)
            current[line.pid] = group
        group.append(line)
    return groups


def _begins_anew(group: Sequence[LogLine], line: LogLine) -> bool:
    if line.pid is None:
        # A config error is all that is left of a start that failed before there was a log.
        return line.name == "fatal_config" and group[-1].name not in _STARTS
    if line.name == "starting":
        return True
    return line.name in _STARTS and any(
        seen.name in ("version", "old_started", "ready", "old_ready") for seen in group
    )


def _unstarted(scan: LogScan, known: set[int | None]) -> list[LogLine]:
    """A line of each process that ran before the first start in the log and has no notable line of its own."""
    found: list[LogLine] = []
    for start, raws in sorted(scan.before_start.items()):
        started = next((line.pid for line in scan.notable if line.line == start), None)
        last = _last_server_line(raws, started, scan.years)
        if last is not None and last.pid not in known:
            known = known | {last.pid}
            found.append(last)
    return found


def _last_server_line(raws: Sequence[RawLine], started: int | None, years: Years) -> LogLine | None:
    for line in reversed(read_lines(raws, years)):
        prefix = line.prefix
        if prefix is None or prefix.role not in _SERVER_ROLES:
            continue
        # The new process warns of its surroundings before it says that it starts.
        if prefix.pid == started and line.text.startswith("WARNING"):
            continue
        return LogLine("last_words", line.line, line.raw, line.text, prefix.pid, prefix.role, prefix.time)
    return None


def _process(group: Sequence[LogLine], again: int | None, spans: Mapping[int, PidSpan]) -> Process:
    """The process that ``group`` tells of; its pid starts anew at line ``again``."""
    first, pid = group[0], group[0].pid
    started = any(line.name in _STARTS for line in group)
    span = spans.get(pid) if pid is not None else None
    own = next((line.line for line in reversed(group) if line.name not in _NOT_A_WORD_OF_ITS_LIFE), first.line)
    last_line = again - 1 if again else max(own, span.last_line if span else 0)
    own_last_time = span.last_time if span and not again else None
    return Process(
        pid=pid,
        first_line=first.line if started or span is None else min(first.line, span.first_line),
        last_line=last_line,
        started=started,
        lines=tuple(group),
        first_time=first.time,
        last_time=own_last_time or next((line.time for line in reversed(group) if line.time), None),
        role=next((line.role for line in reversed(group) if line.role in _SERVER_ROLES), None),
    )

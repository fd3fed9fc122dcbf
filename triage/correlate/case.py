"""One incident with its log, as the questions ask it: INFO's figures, their lines, and the process's lines before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from triage.correlate.process_rows import Failure, failure_of
from triage.correlate.told_lines import lines_between
from triage.logs.processes import Process, process_of, read_processes
from triage.logs.scanned import LogLine, LogScan
from triage.model import Evidence, Finding, Frame, Incident, Outcome, RawLine, Thread
from triage.model.analysis import InfoValue
from triage.records import dataclass

_LONGEST_KEY = 64
_BEFORE_START = 10
"""A server warns of its surroundings a few lines before it says that it starts."""
MOST_LINES = 6
"""How many lines one answer quotes."""


@dataclass(frozen=True, eq=False)
class Case:
    """An incident, the scan of the log that holds it, and that log's incidents around it (``siblings``).

    ``duty_of`` says what a frame is for: ``idle``, the role of a listed function, ``None`` for a program's own code.
    """

    incident: Incident
    scan: LogScan
    siblings: Sequence[Incident]
    duty_of: Callable[[Frame], str | None]

    @cached_property
    def failure(self) -> Failure:
        """When and where the process failed."""
        return failure_of(self.incident, self.scan)

    @cached_property
    def process(self) -> Process | None:
        """The process that failed, if the log tells of it outside its report."""
        if self.incident.pid is None:
            return None
        return process_of(read_processes(self.scan), self.incident.pid, self.failure.first_line)

    @cached_property
    def figures(self) -> Mapping[str, InfoValue]:
        """INFO's values by their keys, which differ between its sections but for ``db0`` and the like."""
        sections = (self.incident.info or {}).values()
        return {key: value for section in reversed(list(sections)) for key, value in section.items()}

    def number(self, key: str) -> float | int | None:
        """A figure of INFO; ``None`` if the report does not hold it or it is no number."""
        value = self.figures.get(key)
        return value if isinstance(value, int | float) else None

    def text(self, key: str) -> str | None:
        """A value of INFO as it stands there."""
        value = self.figures.get(key)
        return None if value is None else str(value)

    def setting(self, name: str) -> str | None:
        """A directive of the report's configuration section."""
        return (self.incident.config or {}).get(name)

    def proof(self, *keys: str) -> tuple[Evidence, ...]:
        """The report's lines that state INFO's figures or settings of these names."""
        lines = (self._stated.get(key) for key in keys)
        return tuple(Evidence(self.scan.input, line.text, line.line) for line in lines if line is not None)

    def before(self, *names: str) -> tuple[LogLine, ...]:
        """The process's lines of these kinds (terminals, lower case) up to its failure, in the log's order."""
        first = self.process.first_line - _BEFORE_START if self.process else 0
        lines = lines_between(self.scan, self.incident.pid, first, self.failure.last_line)
        return tuple(line for line in lines if line.name in names)

    def age_ms(self, line: LogLine) -> int | None:
        """How long before the failure a line was written."""
        if line.time is None or self.failure.time_ms is None:
            return None
        return self.failure.time_ms - line.time.wall_ms

    def lines(self, lines: Iterable[LogLine]) -> tuple[Evidence, ...]:
        """The last few of the lines, as evidence."""
        return tuple(Evidence(self.scan.input, line.text, line.line) for line in list(lines)[-MOST_LINES:])

    @property
    def crashed_thread(self) -> Thread | None:
        """The thread that failed."""
        threads = self.incident.threads or ()
        if len(threads) == 1:
            return threads[0]
        return next((thread for thread in threads if thread.crashed), None)

    def frame_lines(self, frames: Iterable[Frame]) -> tuple[Evidence, ...]:
        """The report's lines that show these frames."""
        by_number = self._by_number
        shown = (by_number.get(frame.log_line) for frame in frames if frame.log_line is not None)
        lines = [line for line in shown if line is not None]
        return tuple(Evidence(self.scan.input, line.text, line.line) for line in lines[:MOST_LINES])

    def report_lines(self, numbers: Iterable[int]) -> tuple[Evidence, ...]:
        """Lines of the report by their numbers."""
        by_number = self._by_number
        lines = [by_number[number] for number in numbers if number in by_number]
        return tuple(Evidence(self.scan.input, line.text, line.line) for line in lines[:MOST_LINES])

    @cached_property
    def _by_number(self) -> dict[int, RawLine]:
        return {line.line: line for line in self.incident.raw}

    @cached_property
    def _stated(self) -> dict[str, RawLine]:
        """The first line of the report for each ``key:value`` and ``directive value``."""
        found: dict[str, RawLine] = {}
        for line in self.incident.raw:
            head = line.text[:_LONGEST_KEY].lstrip()
            colon, blank = head.find(":"), head.find(" ")
            ends = [at for at in (colon, blank) if at > 0]
            if ends:
                found.setdefault(head[: min(ends)], line)
        return found


@dataclass(frozen=True, slots=True)
class Question:
    """What every answer to one question has in common."""

    id: str
    title: str

    def yes(self, strength: float, summary: str, evidence: Iterable[Evidence] = (), /, **data: object) -> Finding:
        """It was so, and that may matter; ``strength`` (0 to 1) says how much."""
        return self._finding(Outcome.SUPPORTS, strength, summary, evidence, data)

    def no(self, strength: float, summary: str, evidence: Iterable[Evidence] = (), /, **data: object) -> Finding:
        """The evidence shows that it was not so, as surely as ``strength`` says."""
        return self._finding(Outcome.CONTRADICTS, strength, summary, evidence, data)

    def open(self, summary: str, evidence: Iterable[Evidence] = (), /, **data: object) -> Finding:
        """The evidence holds something about it that decides nothing."""
        return self._finding(Outcome.NEUTRAL, 0.0, summary, evidence, data)

    def unanswerable(self, summary: str) -> Finding:
        """The input does not hold what would tell; ``summary`` says what is missing."""
        return self._finding(Outcome.NOT_APPLICABLE, 0.0, summary, (), {})

    def _finding(
        self,
        outcome: Outcome,
        strength: float,
        summary: str,
        evidence: Iterable[Evidence],
        data: Mapping[str, object],
    ) -> Finding:
        known = {key: value for key, value in data.items() if value is not None}
        quoted = tuple(dict.fromkeys(evidence))
        return Finding(self.id, self.title, outcome, round(strength, 2), summary, known, quoted)

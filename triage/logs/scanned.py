"""What one pass over a log leaves: columns for the floods, objects for the few lines that matter."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from triage.logs.scan_counts import ScanCounts
from triage.logs.years import Years
from triage.model import Coverage, Instant, Problem, RawLine
from triage.records import dataclass

NO_TIME = -1
"""Stands in a time column for a line without a readable timestamp."""

FLOODS = ("accepted", "client_closed", "tls_error")
"""The kinds of lines that come in floods and are kept as columns; terminals of ``floods.lark``, lower case."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A rare line that says something about the process or its work: its terminal, lower case, is its ``name``.

    ``text`` is the physical line, ``message`` the part behind the prefix, ``fields`` the named groups.
    ``role`` is the role letter (``M``, ``S``, ``C``, ``X``), ``level`` one of debug, verbose, notice, warning.
    """

    name: str
    line: int
    text: str
    message: str
    pid: int | None = None
    role: str | None = None
    time: Instant | None = None
    level: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    def at(self, line: int) -> "LogLine":
        """The same at another line."""
        return LogLine(
            self.name, line, self.text, self.message, self.pid, self.role, self.time, self.level, self.fields
        )


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as numbers: item ``i`` is ``values[codes[i]]``."""

    values: tuple[str | None, ...]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, items: Iterable[str | None]) -> "Coded":
        """The column of these items."""
        numbers: dict[str | None, int] = {}
        codes = [numbers.setdefault(item, len(numbers)) for item in items]
        return cls(tuple(numbers), np.array(codes, dtype=np.int64))

    def at(self, rows: NDArray[np.intp]) -> "Coded":
        """The column of some rows."""
        return Coded(self.values, self.codes[rows])

    def mapped(self, number: Callable[[str | None], int]) -> NDArray[np.int64]:
        """A number for each item, worked out once for each value."""
        return np.array([number(value) for value in self.values], dtype=np.int64)[self.codes]

    def counts(self) -> dict[str | None, int]:
        """How often each value that occurs does, in the order of ``values``."""
        counts = np.bincount(self.codes, minlength=len(self.values)).tolist()
        return {value: count for value, count in zip(self.values, counts, strict=True) if count}


T_co = TypeVar("T_co", covariant=True)


class Column(Protocol[T_co]):
    """A sequence with one item per line of a flood."""

    def __len__(self) -> int:
        """How many lines there are."""
        ...

    def __iter__(self) -> Iterator[T_co]:
        """All items."""
        ...

    def __getitem__(self, index: int, /) -> T_co:
        """One item; ``at`` is for many."""
        ...

    def at(self, rows: NDArray[np.int64]) -> Sequence[T_co]:
        """The items of some rows."""
        ...

    def __add__(self, other: Any, /) -> "Column[T_co]":  # noqa: ANN401 - a column of the same kind
        """The items of this column and those of another one of the same kind."""
        ...


class Field(Column[str | None], Protocol):
    """A named group of the lines, ``None`` where it took no part."""

    def __add__(self, other: Any, /) -> "Field":  # noqa: ANN401 - likewise
        """The items of both."""
        ...

    def coded(self, rows: NDArray[np.int64] | None = None) -> Coded:
        """The column, or some rows of it, each distinct value once."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class EventTable:
    """Lines of one flood in file order, as columns of equal length.

    ``times`` are wall-clock milliseconds (``NO_TIME`` if unreadable), ``lines`` 1-based line numbers. ``fields``
    holds the named groups of the terminal, ``None`` where a group took no part. If more lines came than are kept,
    ``dropped`` of them are gone from the columns but still in ``total``; ``gaps`` are the rows before which lines are
    missing. What is kept are the newest lines of the log, and the newest before each crash report and each start.
    ``texts`` and ``fields`` are unpacked when they are first asked for. A table equals only itself.
    """

    times: NDArray[np.int64]
    lines: NDArray[np.int64]
    pids: NDArray[np.int64]
    texts: Column[str]
    fields: Mapping[str, Field]
    total: int
    dropped: int = 0
    gaps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Region:
    """The lines of one crash report (or of what is left of one), with the lines before it.

    ``lead_in`` are up to 60 lines before the first line that belongs to the report. ``cut`` says that the region was
    too large and its middle is gone.
    """

    lines: tuple[RawLine, ...]
    lead_in: tuple[RawLine, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class PidSpan:
    """Where lines of one pid stand. A container's server always has pid 1, so one span may hold many processes."""

    pid: int
    lines: int
    first_line: int
    last_line: int
    first_time: Instant | None = None
    last_time: Instant | None = None

    def extended(self, later: "PidSpan") -> "PidSpan":
        """This span and a later one of the same pid as one."""
        return PidSpan(
            pid=self.pid,
            lines=self.lines + later.lines,
            first_line=self.first_line,
            last_line=later.last_line,
            first_time=self.first_time or later.first_time,
            last_time=later.last_time or self.last_time,
        )


@dataclass(frozen=True, slots=True)
class Histogram:
    """Line counts in equal buckets from ``start_ms`` (wall clock) on, one array per series.

    Series: the levels ``debug``, ``verbose``, ``notice``, ``warning``, and each of ``FLOODS``.
    """

    start_ms: int
    bucket_seconds: int
    counts: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class LogScan:
    """Everything that the scan of one log found. Lines of report regions count as recognised here.

    ``notable`` lines (``notable.lark``) tell how processes lived and ended, ``activity`` lines (``activity.lark``)
    what they were doing.

    A scan equals only itself, so that what is derived from it can be kept beside it.
    """

    input: str
    first_time: Instant | None
    last_time: Instant | None
    coverage: Coverage
    floods: Mapping[str, EventTable]
    notable: tuple[LogLine, ...]
    regions: tuple[Region, ...]
    pids: tuple[PidSpan, ...]
    before_start: Mapping[int, tuple[RawLine, ...]]
    histogram: Histogram | None
    counts: ScanCounts = field(default_factory=ScanCounts)
    years: Years = field(default_factory=Years)
    notes: tuple[str, ...] = ()
    """What the reader had to assume."""
    activity: tuple[LogLine, ...] = ()
    settled: bool = True
    """Whether no crash report was open, or had been left without its END, where the log ends."""

    @property
    def format(self) -> str | None:
        """The format of the lines, ``None`` if none has a prefix."""
        return self.counts.format

    @property
    def timestamp_format(self) -> str | None:
        """The form of most stamps, ``None`` without any."""
        return self.counts.timestamp_format

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What had to be left out."""
        return tuple(self.counts.problems())

"""The whole answer: inputs, incidents, observations, timeline."""

from collections.abc import Mapping
from dataclasses import field

from triage.model.client import Client, ClientList
from triage.model.code import Code, CodeDump
from triage.model.crash import FailedThread, Frame, Kind, Missing, Report, Severity, Signal, Site, Thread
from triage.model.errors import Problem
from triage.model.evidence import Evidence, Finding
from triage.model.hexadecimal import Hex
from triage.model.instant import Instant
from triage.model.memory_use import MemoryUse
from triage.model.server import Server
from triage.model.state import ServerState
from triage.model.timeline import Timeline
from triage.model.verdict import Signature, Status, Verdict
from triage.records import dataclass

SCHEMA = "triage-analysis/1"
INTERNAL = {"internal": True}
"""Field metadata: feeds the rendered reports, but is not part of the JSON contract."""

InfoValue = int | float | str


@dataclass(frozen=True, slots=True)
class Tool:
    """The program that made the analysis."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class LineShape:
    """The first line (1-based) of those that differ in numbers only, its text, and how many there are."""

    line: int
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Warnings:
    """Lines of level warning outside crash reports; ``known`` have a form that servers' sources have, by category."""

    lines: int
    known: int
    categories: Mapping[str, int] = field(default_factory=dict)
    unknown: tuple[LineShape, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many lines of a log the grammar knew. Blank lines count as recognised.

    ``shapes`` are the unrecognised lines by shape, the first 50 of them.
    """

    lines: int
    recognised: int
    unrecognised: int
    shapes: tuple[LineShape, ...] = ()
    warnings: Warnings | None = None


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line of an input as it stood there, without its line end. ``line`` is 1-based."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Input:
    """One artifact of the case."""

    name: str
    kind: str
    bytes: int | None = None
    lines: int | None = None
    format: str | None = None
    timestamp_format: str | None = None
    wrapper: str | None = None
    first_time: Instant | None = None
    last_time: Instant | None = None
    coverage: Coverage | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader had to assume about a sound input, as the year of stamps that have none."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One abnormal end of a server process, with everything that is known and judged about it.

    ``instruction`` is where the failing instruction stands. Usually that is a frame of the stack too; it is the only
    one that counts where the stack could not be walked, or begins below a bad call. ``state`` is what a core says of
    the server besides its stacks, ``memory_map`` what its memory was for, ``close_up`` the last minute.
    """

    kind: Kind
    time: Instant | None = None
    pid: int | None = None
    role: str | None = None
    server: Server = field(default_factory=Server)
    signal: Signal | None = None
    site: Site | None = None
    message: str | None = None
    thread: FailedThread | None = None
    threads: tuple[Thread, ...] | None = None
    instruction: Frame | None = None
    registers: Mapping[str, Hex] | None = None
    current_client: Client | None = None
    clients: ClientList | None = None
    current_command: str | None = None
    info: Mapping[str, Mapping[str, InfoValue]] | None = None
    config: Mapping[str, str] | None = None
    report: Report | None = None
    state: ServerState | None = None
    memory_map: tuple[MemoryUse, ...] | None = None
    code: Code | None = None
    findings: tuple[Finding, ...] = ()
    signature: Signature = field(default_factory=lambda: Signature(algorithm="none"))
    verdict: Verdict = field(default_factory=lambda: Verdict(status=Status.UNKNOWN))
    severity: Severity | None = None
    missing: tuple[Missing, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    input: str | None = None
    raw: tuple[RawLine, ...] = field(default=(), metadata=INTERNAL)
    code_dump: CodeDump | None = field(default=None, metadata=INTERNAL)
    close_up: Timeline | None = field(default=None, metadata=INTERNAL)

    @property
    def is_of_a_running_process(self) -> bool:
        """Whether it is a core that was taken without an end of the process."""
        return self.kind is Kind.SIGNAL and self.signal is not None and self.signal.stopped


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that one run says about one case. ``redaction`` is the level at which private values went."""

    tool: Tool
    inputs: tuple[Input, ...]
    incidents: tuple[Incident, ...]
    observations: tuple[Finding, ...]
    timeline: Timeline | None = None
    redaction: str | None = None
    schema: str = SCHEMA

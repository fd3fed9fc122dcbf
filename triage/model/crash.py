"""What a crash report states: kind, signal, site, threads, completeness."""

from enum import StrEnum

from triage.model.hexadecimal import Hex
from triage.records import dataclass

_SI_USER, _SI_QUEUE, _SI_TKILL = 0, -1, -6
_SIGABRT = 6
_SIGSTOP = 19


class Kind(StrEnum):
    """How a server process came to an abnormal end (the contract's kinds)."""

    ASSERTION = "assertion"
    PANIC = "panic"
    OUT_OF_MEMORY = "out-of-memory"
    SIGNAL = "signal"
    WATCHDOG = "watchdog"
    FATAL_EXIT = "fatal-exit"
    MEMORY_TEST_FAILED = "memory-test-failed"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class Signal:
    """A fatal signal. ``address`` is siginfo's si_addr as printed; ``sender_*`` only if the log names a sender."""

    number: int
    name: str | None = None
    code: int | None = None
    code_name: str | None = None
    address: Hex | None = None
    sender_pid: int | None = None
    sender_uid: int | None = None

    @property
    def sent(self) -> bool:
        """Whether kill(), sigqueue() or tgkill() caused it, not a failing instruction (abort() uses tgkill() too)."""
        return self.code in (_SI_USER, _SI_QUEUE) or (self.code == _SI_TKILL and self.number != _SIGABRT)

    @property
    def stopped(self) -> bool:
        """Whether it is the one by which gcore and debuggers halt a process to write its core: it ends nothing."""
        return self.number == _SIGSTOP


@dataclass(frozen=True, slots=True)
class Site:
    """The source position that an assertion or panic names."""

    file: str | None = None
    line: int | None = None
    function: str | None = None
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One stack frame, innermost first; ``offset`` is from the function, or from the module if there is none.

    ``tail_call`` marks a frame that a tail call took off the stack, rebuilt from the debug information.
    """

    index: int
    function: str | None = None
    offset: Hex | None = None
    module: str | None = None
    address: Hex | None = None
    file: str | None = None
    line: int | None = None
    inlined: bool | None = None
    tail_call: bool | None = None
    source: str = "log"
    trust: str = "log"
    log_line: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """What a thread slept on. ``kind`` is ``mutex`` or ``join``, where ``owner`` is who must act, or ``futex``."""

    kind: str
    address: Hex
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread with its stack. ``crashed`` marks the thread that wrote the report.

    ``frames`` are those of the log (source ``log``) if it prints any of this thread, else those of the core (source
    ``core``). Where both have the thread, ``core_frames`` is the core's view of the same stack: later, when the
    report was written, so with the frames of the crash handler on top. ``wait`` is what a core says it slept on.
    """

    tid: int | None = None
    name: str | None = None
    crashed: bool | None = None
    frames: tuple[Frame, ...] = ()
    core_frames: tuple[Frame, ...] | None = None
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class FailedThread:
    """The thread that failed, by name."""

    tid: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class MissingSection:
    """A section that a complete report of this version would hold, and why it is not there."""

    section: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """Which parts of the crash report were there. ``first_line`` and ``last_line`` are 1-based log lines."""

    complete: bool
    sections: tuple[str, ...] = ()
    missing: tuple[MissingSection, ...] = ()
    nested: bool | None = None
    first_line: int | None = None
    last_line: int | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that would raise the confidence, and the command that gets it."""

    what: str
    why: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Severity:
    """How bad it is for operators; ``class_`` is the memory-access class in CASR's words."""

    level: str
    reasons: tuple[str, ...] = ()
    class_: str | None = None

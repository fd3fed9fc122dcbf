"""A thread of a core."""

from triage.cores.frames import CoreFrame, SignalContext, Walk
from triage.cores.locks import Wait
from triage.cores.machine import Registers
from triage.records import dataclass

_FATAL = frozenset((3, 4, 5, 6, 7, 8, 11, 31))
"""SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. The server collects stacks by SIGUSR2."""


@dataclass(frozen=True, slots=True)
class CoreThread:
    """A thread: its registers when the process was stopped, its stack, and what it waits for.

    ``name`` is ``None`` for all but the main thread: the kernel does not dump the names of threads.
    """

    tid: int
    name: str | None
    registers: Registers
    walk: Walk
    wait: Wait | None

    @property
    def frames(self) -> tuple[CoreFrame, ...]:
        """The frames, innermost first."""
        return self.walk.frames

    @property
    def fatal_context(self) -> SignalContext | None:
        """What the first fatal signal interrupted: a later one hit the handler of the first."""
        fatal = [context for context in self.walk.contexts if context.signal.number in _FATAL]
        return fatal[-1] if fatal else None

"""What the walk over a stack finds: frames, how far each can be trusted, and why the walk ended."""

from enum import StrEnum

from triage.cores.machine import Registers
from triage.cores.modules import Module
from triage.model.crash import Signal
from triage.records import dataclass

KEPT_FRAMES = 500
KEPT_OUTERMOST = 100


class Trust(StrEnum):
    """How a frame was found. ``context``: registers that the kernel saved. The others: see the walk."""

    CONTEXT = "context"
    CFI = "cfi"
    FRAME_POINTER = "frame-pointer"
    SCAN = "scan"


class WalkEnd(StrEnum):
    """Why a walk ended, as a sentence's end: "the stack ends: …"."""

    OUTERMOST = "this is the thread's first function"
    NO_CALLER = "no return address was found above"
    DAMAGED = "the stack above is damaged: what should be a caller is no code, or lies below"
    NOT_DUMPED = "the stack above is not in the core"
    TOO_DEEP = "there are more frames than are read"


@dataclass(frozen=True, slots=True)
class CoreFrame:
    """One physical frame, innermost first. Inlined calls are a matter of symbols.

    ``cfa`` is the canonical frame address, ``None`` where it is not known for certain. ``registers`` are those of
    this frame by DWARF number, as far as they are known. ``return_address``: ``pc`` is where a call returns to, so
    that the call itself stands before it. ``trampoline``: this is the code that a signal handler returns to.
    """

    pc: int
    cfa: int | None
    trust: Trust
    return_address: bool
    module: Module | None
    registers: Registers
    trampoline: bool = False

    @property
    def lookup_address(self) -> int:
        """The address to look up functions and lines for: one less than a return address."""
        return self.pc - 1 if self.return_address else self.pc

    @property
    def module_offset(self) -> int | None:
        """``pc`` as an address in the module's file."""
        return None if self.module is None else self.module.offset_of(self.pc)


@dataclass(frozen=True, slots=True)
class SignalContext:
    """What a signal interrupted, from the frame that the kernel put on the stack: the truth about a handled crash.

    ``address`` is where the frame lies; ``frame`` is the index of the interrupted frame, ``None`` if the walk did not
    come by and the context was found by searching the stack.
    """

    signal: Signal
    registers: Registers
    address: int
    frame: int | None


@dataclass(frozen=True, slots=True)
class Walk:
    """The frames of one thread, and the signals that interrupted it, innermost first.

    Of a very deep stack the first ``KEPT_FRAMES`` and the last ``KEPT_OUTERMOST`` are kept; ``omitted`` counts those
    in between.
    """

    frames: tuple[CoreFrame, ...]
    end: WalkEnd
    contexts: tuple[SignalContext, ...] = ()
    omitted: int = 0

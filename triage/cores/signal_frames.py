"""Signal frames: recognised by the trampoline's instructions, or searched for where no walk leads to them."""

import struct

from triage.cores.frames import SignalContext
from triage.cores.machine import WORD, Machine, Registers
from triage.cores.memory import Memory
from triage.cores.notes import read_signal

MOST_SEARCHED_BYTES = 256 << 10
_MOST_MARKS = 1000
_MOST_SIGNAL = 64
_WORD = struct.Struct("<Q")


def is_trampoline(pc: int, machine: Machine, memory: Memory) -> bool:
    """Whether the code at ``pc`` is what a signal handler returns to: the system call rt_sigreturn."""
    code = machine.signal_frame.trampolines
    return any(memory.read(pc, len(instructions)) == instructions for instructions in code)


def read_context(address: int, frame: int | None, machine: Machine, memory: Memory) -> SignalContext | None:
    """The signal frame at ``address``, the trampoline's stack pointer; ``None`` if it is not (wholly) in the core."""
    layout = machine.signal_frame
    raw = memory.read(address, layout.size)
    if raw is None:
        return None
    registers = {number: _WORD.unpack_from(raw, at)[0] for number, at in layout.registers.items()}
    return SignalContext(read_signal(raw[layout.info :]), registers, address, frame)


def search_context(registers: Registers, machine: Machine, memory: Memory) -> SignalContext | None:
    """The first signal frame above the stack pointer, by the one word that tells it from other data.

    For a stack that cannot be walked, say because there are no executables to be had.
    """
    layout, sp = machine.signal_frame, registers.get(machine.sp)
    if sp is None:
        return None
    at, end = sp, sp + MOST_SEARCHED_BYTES
    for _ in range(_MOST_MARKS):
        found = memory.dumped.find(layout.mark, at, end - at)
        if found is None:
            return None
        context = read_context(found - layout.mark_at, None, machine, memory)
        if context and found % WORD == 0 and _plausible(context, machine, memory):
            return context
        at = found + WORD
    return None


def _plausible(context: SignalContext, machine: Machine, memory: Memory) -> bool:
    known = memory.dumped.segment_at(context.registers[machine.sp])
    return 0 < context.signal.number <= _MOST_SIGNAL and context.signal.code is not None and known is not None

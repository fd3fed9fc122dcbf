"""The walk over a stack, from a thread's registers outward.

Each caller is found by the best means that there is: what the kernel saved in a signal frame, call frame information,
the frame pointer, and at last a scan for return addresses. A means whose answer cannot be true (a caller that is no
code, a stack that goes backwards) makes way for the next.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import field
from functools import cache, partial

from triage.cores.caller_by_cfi import CfiCaller, Outermost
from triage.cores.code_map import CodeMap
from triage.cores.frames import KEPT_FRAMES, KEPT_OUTERMOST, CoreFrame, SignalContext, Trust, Walk, WalkEnd
from triage.cores.machine import WORD, Machine, Registers
from triage.cores.memory import Memory
from triage.cores.modules import Modules
from triage.cores.signal_frames import is_trampoline, read_context, search_context
from triage.cores.stack_scan import scan
from triage.records import dataclass

MOST_STEPS = 100_000
MOST_SCANS = 64
MOST_EFFORT = 1_000_000
"""For all threads together, in steps over known code: some ten seconds, which no real server comes near."""
_NEW_CODE, _SEARCH = 20, 200
"""What tables that are asked for the first time cost, in such steps, and what a search of the stack costs."""

MOST_CONTEXTS = 16
MOST_FRAME_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class _Caller:
    """A caller's registers and how they were found; the CFA of the frame that was called, where it is certain."""

    registers: Registers
    trust: Trust
    cfa: int | None = None
    context: SignalContext | None = None


_Means = Callable[[Registers], _Caller | None]


@dataclass(slots=True)
class _Path:
    """The frames so far: the first ones, the last ones, and how many came in between."""

    first: list[CoreFrame] = field(default_factory=list)
    last: deque[CoreFrame] = field(default_factory=lambda: deque(maxlen=KEPT_OUTERMOST))
    contexts: list[SignalContext] = field(default_factory=list)
    steps: int = 0
    scans: int = 0

    def add(self, frame: CoreFrame) -> None:
        (self.first if len(self.first) < KEPT_FRAMES else self.last).append(frame)
        self.steps += 1
        self.scans += frame.trust is Trust.SCAN

    def at_its_end(self) -> bool:
        return self.steps >= MOST_STEPS or self.scans > MOST_SCANS or len(self.contexts) >= MOST_CONTEXTS

    def ended(self, end: WalkEnd) -> Walk:
        frames = (*self.first, *self.last)
        return Walk(frames, end, tuple(self.contexts), self.steps - len(frames))


class Walker:
    """Walks the stacks of one process."""

    def __init__(self, machine: Machine, modules: Modules, memory: Memory, cfi: CfiCaller) -> None:
        self._machine = machine
        self._modules = modules
        self._memory = memory
        self._cfi = cfi
        self._effort = 0
        self._known: set[int] = set()
        self._code = CodeMap(machine, memory, modules)
        # A stack that overflowed asks the same of the same few addresses thirty thousand times.
        self._is_trampoline = cache(partial(is_trampoline, machine=machine, memory=memory))

    def walk(self, registers: Registers) -> Walk:
        """All frames of the thread with these ``registers``, innermost first."""
        path, trust, returned = _Path(), Trust.CONTEXT, False
        while True:
            pc = registers[self._machine.pc]
            trampoline = self._is_trampoline(pc)
            returned = returned and not trampoline
            caller = self._signalled(registers, path) if trampoline else self._caller(registers, pc - returned)
            cfa = caller.cfa if isinstance(caller, _Caller) else None
            path.add(CoreFrame(pc, cfa, trust, returned, self._modules.at(pc), registers, trampoline))
            if isinstance(caller, WalkEnd):
                return path.ended(caller)
            self._effort += 1 if pc in self._known else _NEW_CODE
            self._known.add(pc)
            if path.at_its_end() or self._effort > MOST_EFFORT:
                return path.ended(WalkEnd.TOO_DEEP)
            if caller.context:
                path.contexts.append(caller.context)
            registers, trust, returned = caller.registers, caller.trust, caller.context is None

    def _signalled(self, registers: Registers, path: _Path) -> _Caller | WalkEnd:
        """What the signal interrupted whose handler returns to this trampoline."""
        sp = registers.get(self._machine.sp)
        context = None if sp is None else read_context(sp, path.steps + 1, self._machine, self._memory)
        return _Caller(context.registers, Trust.CONTEXT, context=context) if context else WalkEnd.NOT_DUMPED

    def _caller(self, registers: Registers, lookup: int) -> _Caller | WalkEnd:
        """The caller by the best means that gives a credible one; ``lookup`` is the address to ask the tables for."""
        try:
            by_cfi = self._cfi.caller(registers, lookup)
        except Outermost:
            return WalkEnd.OUTERMOST
        damaged = by_cfi is not None
        if by_cfi and self._credible(by_cfi.registers, registers):
            return _Caller(by_cfi.registers, Trust.CFI, by_cfi.cfa)
        for means in self._other_means(lookup):
            found = means(registers)
            if found and (found.context or self._credible(found.registers, registers)):
                return found
            damaged = damaged or found is not None
        sp = registers.get(self._machine.sp)
        if sp is not None and self._memory.word(sp) is None:
            return WalkEnd.NOT_DUMPED
        return WalkEnd.DAMAGED if damaged else WalkEnd.NO_CALLER

    def _other_means(self, lookup: int) -> tuple[_Means, ...]:
        """The means besides the tables, by trust. Without the code at hand nothing vouches for a return address."""
        if self._memory.read(lookup, 1) is None and self._code.is_code(lookup):
            return (self._by_search, self._by_frame_pointer, self._by_scan)
        return (self._by_call, self._by_frame_pointer, self._by_nearest)

    def _credible(self, caller: Registers, registers: Registers) -> bool:
        """Whether a caller is code, and the stack goes up by no more than any function takes."""
        if not self._code.is_code(caller[self._machine.pc]):
            return False
        before, after = registers.get(self._machine.sp), caller.get(self._machine.sp)
        if before is None or after is None:
            return True
        # A leaf function of arm64 may need no stack at all, as the call itself takes none.
        least = 0 if self._machine.return_register is not None and self._machine.return_register in registers else 1
        return least <= after - before <= MOST_FRAME_BYTES

    def _by_call(self, registers: Registers) -> _Caller | None:
        """The call just made: to what is no code, or to a function that has put nothing on the stack.

        The second is believed only if the instruction before the return address calls this very place.
        """
        machine, sp, pc = self._machine, registers.get(self._machine.sp), registers[self._machine.pc]
        if machine.return_register is not None:
            target, taken = registers.get(machine.return_register), 0
        else:
            target, taken = None if sp is None else self._memory.word(sp), WORD
        if sp is None or target is None or not self._code.is_return_address(target):
            return None
        if self._code.is_code(pc) and not self._code.returns_into_caller_of(pc, target):
            return None
        kept = {number: registers[number] for number in machine.saved if number in registers}
        return _Caller({**kept, machine.pc: target, machine.sp: sp + taken}, Trust.SCAN)

    def _by_frame_pointer(self, registers: Registers) -> _Caller | None:
        machine = self._machine
        sp, fp = registers.get(machine.sp), registers.get(machine.fp)
        if fp is None or fp % WORD or (sp is not None and not 0 <= fp - sp <= MOST_FRAME_BYTES):
            return None
        outer, target = self._memory.word(fp), self._memory.word(fp + WORD)
        if outer is None or target is None or not self._is_way_out(target):
            return None
        # On arm64 the two words may lie anywhere in the frame: its end is not known.
        ends = {} if machine.return_register is not None else {machine.sp: fp + 2 * WORD}
        cfa = ends.get(machine.sp)
        return _Caller({machine.pc: target, machine.fp: outer, **ends}, Trust.FRAME_POINTER, cfa)

    def _is_way_out(self, target: int) -> bool:
        return self._code.is_return_address(target) or self._is_trampoline(target)

    def _by_search(self, registers: Registers) -> _Caller | None:
        self._effort += _SEARCH
        context = search_context(registers, self._machine, self._memory)
        return _Caller(context.registers, Trust.CONTEXT, context=context) if context else None

    def _by_nearest(self, registers: Registers) -> _Caller | None:
        """A return address, or a signal frame if that comes first: before it there are the frames of the handler."""
        scanned, searched = self._by_scan(registers), self._by_search(registers)
        if scanned and searched and searched.context:
            return scanned if scanned.registers[self._machine.sp] <= searched.context.address else searched
        return scanned or searched

    def _by_scan(self, registers: Registers) -> _Caller | None:
        self._effort += _SEARCH
        machine, sp = self._machine, registers.get(self._machine.sp)
        found = None if sp is None else scan(sp, self._code, self._memory)
        if found is None:
            return None
        at, target = found
        fp = registers.get(machine.fp)
        kept = {machine.fp: fp} if fp is not None and fp > at else {}
        return _Caller({**kept, machine.pc: target, machine.sp: at + WORD}, Trust.SCAN)

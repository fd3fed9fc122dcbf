"""Which addresses are code, and where in it calls return to."""

from functools import lru_cache

from triage.cores.elf_core import PF_X
from triage.cores.machine import Machine
from triage.cores.memory import Memory
from triage.cores.modules import Modules

MOST_LEAF_BYTES = 4 << 10
"""A function that puts nothing on the stack is short."""


class CodeMap:
    """The code of a process, as far as the core or the programs' headers tell."""

    def __init__(self, machine: Machine, memory: Memory, modules: Modules) -> None:
        self._machine = machine
        self._memory = memory
        self._modules = modules
        # A stack that overflowed asks the same of the same few addresses thirty thousand times.
        self.is_code = lru_cache(maxsize=1 << 16)(self._is_code)

    def _is_code(self, address: int) -> bool:
        """Whether ``address`` lies in memory that could be executed."""
        segment = self._memory.dumped.segment_at(address)
        if segment is not None:
            return bool(segment.flags & PF_X)
        # gdb's gcore leaves out ranges that it does not dump, where the kernel lists them as empty.
        module = self._modules.at(address)
        return module is not None and module.is_code(address)

    def is_return_address(self, address: int) -> bool:
        """Whether a call could return to ``address``: it lies in code and, where that can be read, follows a call."""
        if not self.is_code(address):
            return False
        reach = self._machine.call_reach
        code = self._memory.read(address - reach, reach)
        return code is None or self._machine.follows_call(code)

    def returns_into_caller_of(self, pc: int, address: int) -> bool:
        """Whether the call before ``address`` goes to the function that ``pc`` is in: to a place a little before."""
        size = self._machine.direct_call
        code = self._memory.read(address - size, size)
        target = None if code is None else self._machine.call_target(code, address)
        return target is not None and 0 <= pc - target < MOST_LEAF_BYTES

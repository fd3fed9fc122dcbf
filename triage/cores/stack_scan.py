"""The last resort: words on the stack that look like return addresses."""

import struct

from triage.cores.elf_core import PF_X
from triage.cores.machine import WORD, Machine
from triage.cores.memory import Memory

MOST_SCANNED_BYTES = 8 << 10
MOST_LEAF_BYTES = 4 << 10
"""A function that needs no stack is short."""


def is_code(address: int, memory: Memory) -> bool:
    """Whether ``address`` lies in memory that could be executed."""
    segment = memory.dumped.segment_at(address)
    return segment is not None and bool(segment.flags & PF_X)


def is_return_address(address: int, machine: Machine, memory: Memory) -> bool:
    """Whether a call could return to ``address``: it lies in code and, where that can be read, follows a call."""
    if not is_code(address, memory):
        return False
    code = memory.read(address - machine.call_reach, machine.call_reach)
    return code is None or machine.follows_call(code)


def calls_just_before(address: int, pc: int, machine: Machine, memory: Memory) -> bool:
    """Whether the call before ``address`` goes to the function that ``pc`` is in: to a place a little before it."""
    code = memory.read(address - machine.direct_call, machine.direct_call)
    target = None if code is None else machine.call_target(code, address)
    return target is not None and 0 <= pc - target < MOST_LEAF_BYTES


def scan(sp: int, machine: Machine, memory: Memory) -> tuple[int, int] | None:
    """The first return address from ``sp`` upward: where it stands, and what it is."""
    start = sp + WORD - 1 & -WORD
    block = memory.dumped.read_some(start, MOST_SCANNED_BYTES)
    if block is None:
        return None
    words = struct.unpack_from(f"<{len(block) // WORD}Q", block)
    for index, word in enumerate(words):
        if is_return_address(word, machine, memory):
            return start + index * WORD, word
    return None

"""The last resort: words on the stack that look like return addresses."""

import struct

from triage.cores.code_map import CodeMap
from triage.cores.machine import WORD
from triage.cores.memory import Memory

MOST_SCANNED_BYTES = 8 << 10


def scan(sp: int, code: CodeMap, memory: Memory) -> tuple[int, int] | None:
    """The first return address from ``sp`` upward: where it stands, and what it is."""
    start = sp + WORD - 1 & -WORD
    block = memory.dumped.read_some(start, MOST_SCANNED_BYTES)
    if block is None:
        return None
    words = struct.unpack_from(f"<{len(block) // WORD}Q", block)
    for index, word in enumerate(words):
        if code.is_return_address(word):
            return start + index * WORD, word
    return None

"""Which pointers the frames of a thread hold, in registers that are known and on the stack: what they worked on."""

import struct
from collections.abc import Collection, Mapping, Sequence

from triage.cores import Core, CoreFrame
from triage.cores.machine import WORD

MOST_FRAMES = 24
MOST_FRAME_BYTES = 64 << 10


def held_by(core: Core, frames: Sequence[CoreFrame], wanted: Collection[int]) -> Mapping[int, int]:
    """The index of the innermost frame that holds it, for each of the addresses ``wanted`` that any frame holds."""
    known = frozenset(wanted)
    found: dict[int, int] = {}
    for index, frame in enumerate(frames[:MOST_FRAMES]):
        for address in known.intersection((*frame.registers.values(), *_words(core, frame))):
            found.setdefault(address, index)
    return found


def _words(core: Core, frame: CoreFrame) -> tuple[int, ...]:
    begin = frame.registers.get(core.machine.sp)
    if begin is None or frame.cfa is None or not 0 < frame.cfa - begin <= MOST_FRAME_BYTES:
        return ()
    begin -= begin % WORD
    size = (frame.cfa - begin) // WORD
    raw = core.memory.read(begin, size * WORD)
    return struct.unpack(f"<{size}Q", raw) if raw else ()

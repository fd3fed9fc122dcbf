"""The stacks of a core as gdb walks them: the referee of the tests and of the benchmark of cores."""

import json
from typing import NamedTuple

SIGNAL, INLINED, TAIL_CALL = "signal", "inlined", "tail call"
_MARK = "STACKS "
SCRIPT = f"""
import json
KINDS = {{gdb.SIGTRAMP_FRAME: "{SIGNAL}", gdb.INLINE_FRAME: "{INLINED}", gdb.TAILCALL_FRAME: "{TAIL_CALL}"}}
told = {{}}
for thread in gdb.selected_inferior().threads():
    thread.switch()
    frames, frame = [], gdb.newest_frame()
    while frame is not None:
        place = frame.find_sal()
        file = place.symtab.filename.rpartition("/")[2] if place.symtab else None
        frames.append([frame.pc(), frame.name(), file, place.line or None, KINDS.get(frame.type())])
        try:
            frame = frame.older()
        except gdb.error:
            break
    told[thread.ptid[1]] = frames
print("{_MARK}" + json.dumps(told))
"""
"""For gdb's ``source``; what it prints is for ``walked_stacks``."""


class WalkedFrame(NamedTuple):
    """A frame of gdb's backtrace; ``None`` for what it does not know, and for the ``kind`` of an ordinary frame."""

    pc: int
    function: str | None
    file: str | None
    line: int | None
    kind: str | None


def walked_stacks(output: str) -> dict[int, list[WalkedFrame]] | None:
    """The frames of each thread by tid, innermost first, as ``SCRIPT`` printed them; ``None`` if it did not."""
    told = next((line for line in output.splitlines() if line.startswith(_MARK)), None)
    if told is None:
        return None
    stacks = json.loads(told.removeprefix(_MARK))
    return {int(tid): [WalkedFrame(*frame) for frame in frames] for tid, frames in stacks.items()}

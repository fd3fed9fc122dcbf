"""gdb's view of a core: the physical frames of every thread, which the tests hold against ours."""

import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from native_builds import tool

PATIENCE_SECONDS = 120

_SCRIPT = """
import json
stacks = {}
for thread in gdb.selected_inferior().threads():
    thread.switch()
    frames, frame = [], gdb.newest_frame()
    while frame is not None:
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            frames.append([frame.pc(), frame.name(), frame.type() == gdb.SIGTRAMP_FRAME])
        try:
            frame = frame.older()
        except gdb.error:
            break
    stacks[thread.ptid[1]] = frames
print("STACKS " + json.dumps(stacks))
"""


class GdbFrame(NamedTuple):
    """A frame as gdb has it; ``name`` is ``None`` where gdb shows ``??``."""

    pc: int
    name: str | None
    trampoline: bool


@cache
def gdb_stacks(binary: Path, core: Path) -> dict[int, list[GdbFrame]]:
    """The frames of each thread by tid, innermost first, without inlined and tail-call ones: no stack holds those."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(_SCRIPT)
        script.flush()
        command = [tool("gdb", "gdb"), "-batch", "-nx", "-ex", "set debuginfod enabled off"]
        # It looks for threads in the C library's own lists, which a server's memory test may have overwritten.
        command += ["-iex", "set libthread-db-search-path /nonexistent"]
        command += ["-ex", "set backtrace past-main on", "-ex", "set backtrace limit unlimited"]
        command += ["-ex", f"source {script.name}", str(binary), str(core)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    told = next((line for line in done.stdout.splitlines() if line.startswith("STACKS ")), None)
    assert told is not None, done.stderr
    stacks = json.loads(told.removeprefix("STACKS "))
    return {int(tid): [GdbFrame(*frame) for frame in frames] for tid, frames in stacks.items()}

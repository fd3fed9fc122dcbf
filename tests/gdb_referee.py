"""gdb's view of a core: the physical frames of every thread, which the tests hold against ours."""

import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gdb_walk import INLINED, SCRIPT, SIGNAL, TAIL_CALL, walked_stacks
from native_builds import tool

PATIENCE_SECONDS = 120


class GdbFrame(NamedTuple):
    """A frame as gdb has it; ``name`` is ``None`` where gdb shows ``??``."""

    pc: int
    name: str | None
    trampoline: bool


@cache
def gdb_stacks(binary: Path, core: Path) -> dict[int, list[GdbFrame]]:
    """The frames of each thread by tid, innermost first, without inlined and tail-call ones: no stack holds those."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(SCRIPT)
        script.flush()
        command = [tool("gdb", "gdb"), "-batch", "-nx", "-ex", "set debuginfod enabled off"]
        # It looks for threads in the C library's own lists, which a server's memory test may have overwritten.
        command += ["-iex", "set libthread-db-search-path /nonexistent"]
        command += ["-ex", "set backtrace past-main on", "-ex", "set backtrace limit unlimited"]
        command += ["-ex", f"source {script.name}", str(binary), str(core)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    stacks = walked_stacks(done.stdout)
    assert stacks is not None, done.stderr
    return {
        tid: [
            GdbFrame(frame.pc, frame.function, frame.kind == SIGNAL)
            for frame in frames
            if frame.kind not in (INLINED, TAIL_CALL)
        ]
        for tid, frames in stacks.items()
    }

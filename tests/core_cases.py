"""What the tests of cores share: the files on this machine, and gdb's stacks beside ours."""

import subprocess
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from gdb_referee import GdbFrame
from native_builds import tool

from triage.cores.core import Core, read_core
from triage.cores.frames import KEPT_FRAMES, CoreFrame
from triage.cores.modules import Module
from triage.cores.threads import CoreThread
from triage.symbols.elf_image import ElfImage
from triage.symbols.find_files import FileFinder


def files_here(module: Module) -> ElfImage | None:
    """The file of a module by its build id, at the path that the core names: the core was made on this machine."""
    return FileFinder().executable(module.build_id, module.path)


def read(path: Path) -> Core:
    """The core, read with all its files."""
    return read_core(path, files_here)


def crashed_thread(core: Core) -> CoreThread:
    """The thread that the reader says failed."""
    assert core.crashed is not None
    thread = core.thread(core.crashed.tid)
    assert thread is not None
    return thread


def pcs(frames: Sequence[CoreFrame]) -> list[int]:
    return [frame.pc for frame in frames]


def assert_as_gdb(thread: CoreThread, frames: Sequence[GdbFrame]) -> None:
    """Every physical frame of the thread stands where gdb sees it; what is left out of a deep stack is counted."""
    ours, theirs = pcs(thread.frames), [frame.pc for frame in frames]
    assert len(ours) + thread.walk.omitted == len(theirs)
    if thread.walk.omitted:
        theirs = theirs[:KEPT_FRAMES] + theirs[KEPT_FRAMES - len(ours) :]
    assert ours == theirs
    kept = [frame.trampoline for frame in frames]
    assert [frame.trampoline for frame in thread.frames[:KEPT_FRAMES]] == kept[:KEPT_FRAMES]


class Names:
    """Function names of a program that is loaded at ``bias``, by nm."""

    def __init__(self, binary: Path, bias: int = 0, nm: str = "nm") -> None:
        told = subprocess.run([tool(nm, "binutils"), str(binary)], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in told.splitlines()]
        code = [(int(row[0], 16) + bias, row[2]) for row in rows if len(row) == 3 and row[1] in "tTwWiI"]
        # arm64 marks code and data inside functions by symbols such as $x.
        self._symbols = sorted(symbol for symbol in code if not symbol[1].startswith("$"))

    def of(self, frames: Sequence[CoreFrame]) -> list[str]:
        """The name of the function that each frame is in, by the nearest symbol before."""
        starts = [start for start, _ in self._symbols]
        return [self._symbols[bisect_right(starts, frame.lookup_address) - 1][1] for frame in frames]

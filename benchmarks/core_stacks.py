"""Walks all stacks of a core: triage beside gdb, eu-stack and drgn, and counts the frames in which gdb agrees.

    python benchmarks/core_stacks.py BINARY CORE

Every tool runs in a process of its own, ``ROUNDS`` times, the least counts. Names and lines are measured elsewhere:
here a stack is its code addresses. ``pip install drgn``, ``apt-get install gdb elfutils``.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from tool_runs import DRGN, Run, measured

ROUNDS = 5
MARK = "STACKS "

OURS = """
import json, sys
from triage.cores import read_core
from triage.symbols.find_files import FileFinder, SearchPath
from pathlib import Path

finder = FileFinder(SearchPath(given=(Path(sys.argv[1]),)))
core = read_core(sys.argv[2], lambda module: finder.executable(module.build_id, module.path))
print("STACKS " + json.dumps({thread.tid: [frame.pc for frame in thread.frames] for thread in core.threads}))
"""

GDB = """
import json
stacks = {}
for thread in gdb.selected_inferior().threads():
    thread.switch()
    frame, addresses = gdb.newest_frame(), []
    while frame is not None:
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            addresses.append(frame.pc())
        frame = frame.older()
    stacks[thread.ptid[1]] = addresses
print("STACKS " + json.dumps(stacks))
"""


def main() -> int:
    """Print the table and the agreement."""
    binary, core = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "stacks.py"
        script.write_text(GDB)
        quiet = ["-ex", "set debuginfod enabled off", "-ex", "set backtrace past-main on"]
        runs = {
            "triage": least([sys.executable, "-c", OURS, binary, core]),
            "gdb": least(["gdb", "-nx", "-batch", *quiet, "-ex", f"source {script}", binary, core]),
            "eu-stack": least(["eu-stack", "-e", binary, f"--core={core}"]),
            "drgn": least([sys.executable, "-c", DRGN, core]),
        }
    print(f"{'':10} {'wall s':>7} {'CPU s':>7} {'MiB':>6}")
    for name, run in runs.items():
        if run is not None:
            print(f"{name:10} {run.wall:7.3f} {run.cpu:7.3f} {run.peak_mib:6.1f}")
    print_agreement(runs["triage"], runs["gdb"])
    return 0


def print_agreement(ours: Run | None, gdb: Run | None) -> None:
    """How many frames of gdb stand at the same place of the same thread in ours."""
    if ours is None or gdb is None:
        return
    found, expected = stacks(ours), stacks(gdb)
    frames = sum(len(frames) for frames in expected.values())
    same = sum(
        one == other
        for tid, frames in expected.items()
        for one, other in zip(found.get(tid, []), frames, strict=False)
    )
    more = sum(len(frames) for frames in found.values()) - same
    print(f"{len(expected)} threads, {frames} frames by gdb: {same} the same, {more} other ones by triage")


def stacks(run: Run) -> dict[str, list[int]]:
    """The addresses of each thread by tid."""
    told = next((line for line in run.output.splitlines() if line.startswith(MARK)), MARK + "{}")
    found: dict[str, list[int]] = json.loads(told.removeprefix(MARK))
    return found


def least(command: list[str]) -> Run | None:
    """The fastest of ``ROUNDS`` runs; ``None`` for a tool that is not there or fails."""
    if shutil.which(command[0]) is None:
        return None
    runs = [measured(command) for _ in range(ROUNDS)]
    return min((run for run in runs if not run.failed), key=lambda run: run.wall, default=None)


if __name__ == "__main__":
    sys.exit(main())

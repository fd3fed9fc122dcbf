"""Reads cores with triage, gdb, eu-stack and drgn side by side: wall time, CPU time, peak memory, agreement with gdb.

    python benchmarks/cores.py BINARY CORE [BINARY CORE ...]

Every tool prints all stacks with functions, files, lines and inlined calls, in a process of its own, in turn,
``ROUNDS`` times; the least times count, as the machine may be busy with other things, and the largest memory. triage
is run twice: for the stacks alone, as the others, and as ``triage analyze``, which besides them reads the server's
state, the failing code and the known issues. A cold cache is an empty one. ``apt-get install gdb elfutils``,
``pip install drgn``, and `make bench` once before, which compiles triage as an installation does.

Exits with 1 if fewer than 100 % of gdb's function names or 99 % of its lines are told alike, or, without debug
information, if fewer frames have names than gdb names.
"""

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from core_agreement import Agreement, agreement, gdb_stacks, triage_stacks
from tool_runs import DRGN, Run, measured

ROUNDS = 5
STACKS = """
import sys
from pathlib import Path
from triage.cases.core_stacks import CoreFiles
from triage.cores import read_core
from triage.resources import cache_dir
from triage.symbols.binaries import Binaries
from triage.symbols.find_files import SearchPath

binaries = Binaries({sys.argv[1]: Path(sys.argv[1])}, SearchPath(), cache_dir())
files = CoreFiles(binaries)
for thread in read_core(sys.argv[2], files.image_of).threads:
    print("Thread", thread.tid)
    for index, level in enumerate(files.stack(thread)):
        place = (level.source.file, level.source.line) if level.source else None
        print(f"#{index} {level.address:#x} {level.function or '??'} {place}")
binaries.resolver.save()
"""
"""What the other tools do: all stacks, by the parts that ``triage analyze`` uses."""
LINES_AGREE = 0.99
SHOWN = 10


def main() -> int:
    """Print a table for each core; the exit status says whether the bars of agreement hold."""
    files = sys.argv[1:]
    if not files or len(files) % 2:
        print(__doc__)
        return 2
    return max(compare(binary, core) for binary, core in zip(files[::2], files[1::2], strict=True))


def compare(binary: str, core: str) -> int:
    """The table and the agreement for one core."""
    print(f"\n{core} of {binary}, {Path(core).stat().st_size / 2**20:.0f} MiB")
    print(f"{'tool':<20} {'wall s':>7} {'CPU s':>7} {'MiB':>6}")
    runs: dict[str, list[Run] | str] = {}
    for name, command in commands(binary, core).items():
        runs[name] = rounds(name, command)
        print(f"{name:<20} {row(runs[name])}", flush=True)
    ours = runs["analyze, cold cache"]
    if isinstance(ours, str) or isinstance(runs["gdb"], str):
        return 1
    found = agreement(triage_stacks(ours[0].output), gdb_stacks(binary, core))
    print_agreement(found)
    return 0 if holds(found) else 1


def commands(binary: str, core: str) -> Mapping[str, Sequence[str]]:
    """What is run, by name."""
    triage = [str(Path(sys.executable).with_name("triage")), "analyze", core, binary, "--format", "json", "-o", "-"]
    quiet = ["-iex", "set debuginfod enabled off"]
    return {
        "stacks, cold cache": [sys.executable, "-c", STACKS, binary, core],
        "stacks, warm cache": [sys.executable, "-c", STACKS, binary, core],
        "analyze, cold cache": [*triage, "--redact", "none"],
        "analyze, warm cache": [*triage, "--redact", "none"],
        "gdb": ["gdb", "-nx", "-batch", *quiet, "-ex", "thread apply all bt", binary, core],
        "eu-stack": ["eu-stack", "-s", "-i", "--core", core, "--executable", binary],
        "drgn": [sys.executable, "-c", DRGN, core],
    }


def rounds(name: str, command: Sequence[str]) -> list[Run] | str:
    """The runs of a tool, or why there are none."""
    if shutil.which(command[0]) is None or (name == "drgn" and importlib.util.find_spec("drgn") is None):
        return "not installed"
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        runs = []
        for _ in range(ROUNDS + ("warm" in name)):
            if "cold" in name:
                shutil.rmtree(cache, ignore_errors=True)
            runs.append(measured(command, environment))
    good = [run for run in runs["warm" in name :] if not run.failed]
    return good or "failed"


def row(found: list[Run] | str) -> str:
    """The figures of a tool, or why there are none."""
    if isinstance(found, str):
        return f"{found:>7}"
    wall, cpu = min(run.wall for run in found), min(run.cpu for run in found)
    return f"{wall:>7.2f} {cpu:>7.2f} {max(run.peak_mib for run in found):>6.0f}"


def holds(found: Agreement) -> bool:
    """Whether the agreement is as good as it has to be."""
    if not found.lines:
        return found.our_names >= found.names
    return found.same_names == found.names and found.same_lines >= LINES_AGREE * found.lines


def print_agreement(found: Agreement) -> None:
    """How far the two agree, and where they do not."""
    print(f"{found.threads} threads, {found.frames} frames up to main or the thread's start, by gdb")
    print(f"names: gdb {found.names}, triage {found.our_names}; the same {share(found.same_names, found.names)}")
    print(f"files and lines: gdb {found.lines}; the same {share(found.same_lines, found.lines)}")
    for difference in (found.other or [])[:SHOWN]:
        print(f"  {difference}")


def share(part: int, whole: int) -> str:
    """The part of the whole in percent."""
    return f"{part} ({100 * part / whole:.1f} %)" if whole else str(part)


if __name__ == "__main__":
    sys.exit(main())

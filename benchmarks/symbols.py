"""Names all frames of a core: triage with a cold and a warm cache beside gdb, drgn, eu-stack and addr2line.

    python benchmarks/symbols.py BINARY CORE

Every tool runs in a process of its own, in turn, ``ROUNDS`` times; the least times count, as the machine may be busy
with other things. triage is given the places of the frames (walking the stacks is measured elsewhere), gdb, drgn and
eu-stack walk too; addr2line gets the addresses in BINARY only. Printed are wall and CPU seconds, the peak of memory,
and how many functions and lines were told. ``pip install drgn``, ``apt-get install gdb elfutils binutils``.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tool_runs import DRGN, Run, measured

ROUNDS = 5
OURS = "import sys; sys.path.insert(0, {here!r}); import symbols; symbols.resolve({places!r})"


def main() -> int:
    """Print the table."""
    binary, core = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as directory:
        places = Path(directory) / "places.json"
        addresses = write_places(core, places)
        cold, warm = Path(directory) / "cold", Path(directory) / "warm"
        ours = [sys.executable, "-c", OURS.format(here=str(Path(__file__).parent), places=str(places))]
        hexadecimal = [hex(address) for address in addresses]
        commands = {
            "triage, cold cache": ours,
            "triage, warm cache": ours,
            "gdb": ["gdb", "-nx", "-batch", "-ex", "thread apply all bt", binary, core],
            "drgn": [sys.executable, "-c", DRGN, core],
            "eu-stack -s -i": ["eu-stack", "-s", "-i", "--core", core, "--executable", binary],
            "addr2line -f -i": ["addr2line", "-f", "-i", "-e", binary, *hexadecimal],
            "eu-addr2line -f -i": ["eu-addr2line", "-f", "-i", "-e", binary, *hexadecimal],
        }
        print(f"{'tool':<22} {'wall s':>7} {'CPU s':>7} {'MiB':>6} {'functions':>10} {'lines':>6}")
        for name, command in commands.items():
            if shutil.which(command[0]) is None:
                print(f"{name:<22} not installed")
                continue
            runs = []
            for _ in range(ROUNDS):
                shutil.rmtree(cold, ignore_errors=True)
                cache = cold if "cold" in name else warm
                runs.append(measured(command, {**os.environ, "XDG_CACHE_HOME": str(cache)}, errors=True))
            if "warm" in name:
                runs = runs[1:]
            report(name, runs)
    return 0


def report(name: str, runs: Sequence[Run]) -> None:
    """One line of the table."""
    text = runs[0].output
    functions = len(re.findall(r"(?m)^(?:#\d+ (?!.*\?\?)|[A-Za-z_]\w*(?:\.\w+)*(?: inlined at.*)?$)", text))
    lines = len(re.findall(r"[\w+-]\.(?:c|h|cc|S):\d+", text))
    wall, cpu = min(run.wall for run in runs), min(run.cpu for run in runs)
    print(f"{name:<22} {wall:>7.2f} {cpu:>7.2f} {max(run.peak_mib for run in runs):>6.0f} {functions:>10} {lines:>6}")


def write_places(core: str, path: Path) -> list[int]:
    """Write down where the frames of all threads stand; the addresses in the program itself."""
    from triage.cores import read_core
    from triage.symbols.elf_image import ElfImage

    read = read_core(core, lambda module: None if module.path.startswith("[") else ElfImage.open(module.path))
    threads = [
        [[frame.module.path, frame.module_offset, frame.return_address] for frame in thread.frames if frame.module]
        for thread in read.threads
    ]
    path.write_text(json.dumps(threads))
    main = read.modules.main
    frames = [frame for thread in read.threads for frame in thread.frames if frame.module is main]
    return [frame.lookup_address - frame.pc + (frame.module_offset or 0) for frame in frames]


def resolve(places: str) -> None:
    """What the measured process of triage does: all stacks of all threads, printed as gdb prints them."""
    from triage.resources import cache_dir
    from triage.symbols.elf_image import ElfImage
    from triage.symbols.resolver import Place, Resolver

    threads = json.loads(Path(places).read_text())
    images = {path: ElfImage.open(path) for frames in threads for path, _, _ in frames if not path.startswith("[")}
    resolver = Resolver(cache_directory=cache_dir())
    for frames in threads:
        stack = resolver.resolve_stack([Place(images.get(path), at, returns) for path, at, returns in frames])
        levels = [level for frame in stack for level in (*frame.functions, *frame.gone)]
        for index, level in enumerate(levels):
            print(f"#{index} {level.function or '??'} {level.file or ''}:{level.line or ''}")
    resolver.save()


if __name__ == "__main__":
    sys.exit(main())

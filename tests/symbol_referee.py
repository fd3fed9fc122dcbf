"""gdb's view of addresses and of whole stacks, with inlined and tail-called functions, for the tests of symbols."""

import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gdb_walk import INLINED, SCRIPT, TAIL_CALL, walked_stacks
from native_builds import tool

from triage.symbols.elf_image import ElfImage

PATIENCE_SECONDS = 120

_ADDRESSES = """
import json
def base(symtab):
    return symtab.filename.rpartition("/")[2] if symtab else None
told = []
for address in json.load(open(PATH)):
    here = gdb.find_pc_line(address)
    file, line, levels = base(here.symtab), here.line, []
    block = gdb.block_for_pc(address)
    while block is not None and not block.is_global and not block.is_static:
        if block.function is not None:
            levels.append([block.function.name, file, line])
            # The line at which an inlined function was called is what gdb calls its symbol's line.
            file, line = base(block.function.symtab), block.function.line
        outer = block.superblock
        if block.function is not None and outer is not None and not outer.start <= block.start < outer.end:
            break  # a function that only stands inside another in the source, as lambdas do
        block = outer
    if not levels:
        symbol = gdb.execute(f"info symbol {address}", to_string=True)
        name = None if symbol.startswith("No symbol") else symbol.partition(" in section")[0].partition(" + ")[0]
        levels.append([name, file, line])
    told.append(levels)
print("TOLD " + json.dumps(told))
"""


class Level(NamedTuple):
    """One function at an address. Directories are left out; a line of 0 is none."""

    function: str | None
    file: str | None
    line: int | None


class GdbFrame(NamedTuple):
    """A frame of gdb's backtrace."""

    function: str | None
    file: str | None
    line: int | None
    inlined: bool
    tail_call: bool


def gdb_levels(binary: Path, addresses: Sequence[int], debug_directory: Path | None = None) -> list[list[Level]]:
    """For each address its functions, innermost first; of stripped code one level with the symbol."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as questions:
        json.dump(list(addresses), questions)
        questions.flush()
        script = _ADDRESSES.replace("PATH", repr(questions.name))
        output = _run(script, [str(binary)], debug_directory)
    told = next((line for line in output.splitlines() if line.startswith("TOLD ")), None)
    assert told is not None, output
    found = json.loads(told.removeprefix("TOLD "))
    return [[Level(plain(name), file, line or None) for name, file, line in levels] for levels in found]


def gdb_backtraces(binary: Path, core: Path) -> dict[int, list[GdbFrame]]:
    """The frames of each thread of a core by tid, innermost first."""
    output = _run(SCRIPT, [str(binary), str(core)], None)
    stacks = walked_stacks(output)
    assert stacks is not None, output
    return {
        tid: [
            GdbFrame(plain(frame.function), frame.file, frame.line, frame.kind == INLINED, frame.kind == TAIL_CALL)
            for frame in frames
        ]
        for tid, frames in stacks.items()
    }


def sample(image: ElfImage, count: int) -> list[int]:
    """About ``count`` addresses of the program's code, evenly spread."""
    text = image.section(".text")
    assert text is not None
    return list(range(text.vaddr, text.vaddr + text.size, max(text.size // count | 1, 1)))


def plain(name: str | None) -> str | None:
    """A name without blanks, C++ parameters and clone numbers, which gdb shows or not (it takes some for Ada's)."""
    if name is None:
        return None
    short = re.sub(r"\.\d+$", "", re.sub(r"\[clone.*|\[cold\]", "", name.replace(" ", "")))
    hidden = short.replace("(anonymousnamespace)", "{anonymous}").replace("operator()", "operator{}")
    return hidden.partition("(")[0]


def _run(script: str, files: Sequence[str], debug_directory: Path | None) -> str:
    """What gdb prints, with its errors behind that."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(script)
        file.flush()
        options = ["-batch", "-nx", "-iex", "set debuginfod enabled off"]
        if debug_directory is not None:
            options += ["-iex", f"set debug-file-directory {debug_directory}"]
        settings = ["-ex", "set backtrace past-main on", "-ex", "set width 0"]
        command = [tool("gdb", "gdb"), *options, *settings, "-ex", f"source {file.name}", *files]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    return done.stdout + done.stderr

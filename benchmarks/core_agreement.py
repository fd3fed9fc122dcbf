"""Holds the stacks that triage tells of a core against gdb's: function names, files and lines, thread by thread.

Compared are the frames up to ``main`` or to where a thread starts: what lies outside is the C library's, and gdb does
not show it of its own accord.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gdb_walk import SCRIPT, SIGNAL, walked_stacks
from tool_runs import measured

_OUTERMOST = ("main", "start_thread", "__clone3", "clone3", "clone")
_SIGNAL_FRAME, _TRAMPOLINE = "<signal handler called>", "__restore_rt"


@dataclass(frozen=True, slots=True)
class Level:
    """One function of a stack, inlined ones included; ``None`` for what has no name, or no line."""

    function: str | None
    file: str | None
    line: int | None


Stacks = dict[int, list[Level]]
"""The levels of each thread by tid, innermost first."""


@dataclass(slots=True)
class Agreement:
    """How many frames gdb has, of how many it has the name and the line, and in how many of those triage agrees."""

    threads: int = 0
    frames: int = 0
    names: int = 0
    same_names: int = 0
    our_names: int = 0
    lines: int = 0
    same_lines: int = 0
    other: list[str] | None = None


def gdb_stacks(binary: str, core: str) -> Stacks:
    """What gdb says."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(SCRIPT)
        script.flush()
        # The list of threads in the C library may be gone: the server's memory test writes over all memory.
        quiet = ["-iex", "set debuginfod enabled off", "-iex", "set libthread-db-search-path /nonexistent"]
        run = measured(["gdb", "-nx", "-batch", *quiet, "-ex", f"source {script.name}", binary, core])
    stacks = walked_stacks(run.output) or {}
    return {
        tid: [
            _level(_SIGNAL_FRAME if frame.kind == SIGNAL else frame.function, frame.file, frame.line)
            for frame in frames
        ]
        for tid, frames in stacks.items()
    }


def triage_stacks(output: str) -> Stacks:
    """What ``triage analyze --format json`` says."""
    (incident,) = json.loads(output)["incidents"]
    return {
        thread["tid"]: [
            _level(frame.get("function"), frame.get("file"), frame.get("line")) for frame in thread["frames"]
        ]
        for thread in incident["threads"]
    }


def agreement(ours: Stacks, theirs: Stacks) -> Agreement:
    """Compare frame by frame, counted from the innermost."""
    found = Agreement(threads=len(theirs), other=[])
    for tid, levels in theirs.items():
        told, wanted = ours.get(tid, []), _inside(levels)
        found.frames += len(wanted)
        found.our_names += sum(level.function is not None for level in _inside(told))
        for index, level in enumerate(wanted):
            mine = told[index] if index < len(told) else Level(None, None, None)
            _count(found, mine, level)
            if mine != level and found.other is not None:
                found.other.append(f"{tid} #{index}: {_told(mine)}, gdb {_told(level)}")
    return found


def _count(found: Agreement, mine: Level, level: Level) -> None:
    if level.function is not None:
        found.names += 1
        found.same_names += mine.function == level.function
    if level.line is not None:
        found.lines += 1
        found.same_lines += (mine.file, mine.line) == (level.file, level.line)


def _level(function: object, file: object, line: object) -> Level:
    name = function if isinstance(function, str) else None
    if name in (_SIGNAL_FRAME, _TRAMPOLINE):
        return Level(_SIGNAL_FRAME, None, None)
    base = Path(file).name if isinstance(file, str) else None
    return Level(name, base, line if isinstance(line, int) else None)


def _inside(levels: Sequence[Level]) -> Sequence[Level]:
    end = next((at for at, level in enumerate(levels) if level.function in _OUTERMOST), len(levels))
    return levels[: end + 1]


def _told(level: Level) -> str:
    return f"{level.function or '??'} {level.file or ''}:{level.line or ''}"

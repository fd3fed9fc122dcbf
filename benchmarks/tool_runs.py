"""Runs tools in processes of their own and measures them, by what the kernel says of a process when it has ended."""

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

DRGN = """
import drgn, sys
program = drgn.Program()
program.set_core_dump(sys.argv[1])
try:
    program.load_default_debug_info()
except drgn.MissingDebugInfoError:
    pass
for thread in program.threads():
    print(thread.stack_trace())
"""
"""Prints all stacks of the core that it is given."""


@dataclass(frozen=True)
class Run:
    """What a tool took, in seconds and MiB, and what it printed; ``failed`` by its exit status.

    The processes that it started itself and waited for are counted in its CPU time; its peak is that of the largest.
    A peak below ``own_peak_mib`` says only that: on Linux a program inherits the peak of the one that started it.
    """

    wall: float
    cpu: float
    peak_mib: float
    output: str
    failed: bool


def measured(
    command: Sequence[str],
    environment: Mapping[str, str] = os.environ,
    *,
    errors: bool = False,
    unread: bool = False,
) -> Run:
    """One run of ``command``; with ``errors`` its output holds what it wrote to standard error too.

    ``unread`` output goes nowhere: that of a decompressor would fill this process's memory.
    """
    with open(os.devnull, "w+b") if unread else tempfile.TemporaryFile() as output:
        to_output = (os.POSIX_SPAWN_DUP2, output.fileno(), 1)
        apart = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        actions = [to_output, (os.POSIX_SPAWN_DUP2, output.fileno(), 2) if errors else apart]
        began = time.perf_counter()
        pid = os.posix_spawnp(command[0], list(command), environment, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - began
        text = ""
        if not unread:
            output.seek(0)
            text = output.read().decode(errors="replace")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text, bool(status))


def own_peak_mib() -> float:
    """The most memory that this process has held, in MiB: less cannot be told of the tools that it starts."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_turn(commands: Mapping[str, Sequence[str]], rounds: int, warm_up: bool = True) -> dict[str, list[Run]]:
    """The runs of each command, each once a round, so that whatever else the machine does hits all of them alike.

    A first round, which is not counted, fills the caches. Raises ``RuntimeError`` for a command that fails.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for counted in range(-warm_up, rounds):
        for name, command in commands.items():
            run = measured(command, unread=True)
            if run.failed:
                raise RuntimeError(f"failed: {' '.join(command)}")
            if counted >= 0:
                runs[name].append(run)
    return runs


def median_of(runs: Sequence[Run], figure: Callable[[Run], float]) -> float:
    """The median of a figure of all runs."""
    return statistics.median(map(figure, runs))


def median_ratio(ours: Sequence[Run], others: Sequence[Run], figure: Callable[[Run], float]) -> float:
    """The median of the ratios round by round, in which what slows both down cancels out."""
    return statistics.median(figure(one) / figure(other) for one, other in zip(ours, others, strict=True))

"""Runs a tool in a process of its own and measures it, by what the kernel says of that process when it has ended."""

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
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
    """What a tool took, in seconds and MiB, and what it printed; ``failed`` by its exit status."""

    wall: float
    cpu: float
    peak_mib: float
    output: str
    failed: bool


def measured(command: Sequence[str], environment: Mapping[str, str] = os.environ, *, errors: bool = False) -> Run:
    """One run of ``command``; with ``errors`` its output holds what it wrote to standard error too."""
    with tempfile.TemporaryFile() as output:
        to_output = (os.POSIX_SPAWN_DUP2, output.fileno(), 1)
        apart = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        actions = [to_output, (os.POSIX_SPAWN_DUP2, output.fileno(), 2) if errors else apart]
        began = time.perf_counter()
        pid = os.posix_spawnp(command[0], list(command), environment, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - began
        output.seek(0)
        text = output.read().decode(errors="replace")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text, bool(status))

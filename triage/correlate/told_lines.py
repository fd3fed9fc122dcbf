"""The rare lines of a log by process, so that thousands of incidents can each ask for their own."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from triage.logs.processes import read_processes
from triage.logs.scanned import LogLine, LogScan

_STATING = ("version", "old_started", "logo_version")


@lru_cache(maxsize=1)
def _by_pid(scan: LogScan) -> Mapping[int | None, Sequence[LogLine]]:
    found: dict[int | None, list[LogLine]] = defaultdict(list)
    for line in sorted((*scan.notable, *scan.activity), key=lambda line: line.line):
        found[line.pid].append(line)
    return found


def lines_between(scan: LogScan, pid: int | None, first: int, last: int) -> Sequence[LogLine]:
    """Notable and activity lines of a pid from line ``first`` to line ``last``, both included."""
    lines = _by_pid(scan).get(pid, ())
    start = bisect_left(lines, first, key=lambda line: line.line)
    return lines[start : bisect_right(lines, last, key=lambda line: line.line)]


@lru_cache(maxsize=1)
def version_lines(scan: LogScan) -> Sequence[LogLine]:
    """For each process that stated its version at its start, the line that does, in the log's order."""
    told = (
        next((line for line in process.lines if line.name in _STATING and "version" in line.fields), None)
        for process in read_processes(scan)
    )
    # Where the lines of two processes alternate, the one that began first may be the second to state its version.
    return sorted((line for line in told if line is not None), key=lambda line: line.line)

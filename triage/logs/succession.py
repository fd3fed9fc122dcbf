"""Which process took the place of which, and which were killed, among the processes that log into one file."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from triage.logs.processes import Process
from triage.logs.scanned import LogLine

NEAR = 20
"""Lines between a process's last word and what explains its end."""
_KILLED = ("killed_pid", "oom_pid", "shell_pid")
_MOST_TRIED = 200
"""So many neighbours are looked at; a file to which more servers log at once is not one that anybody keeps."""


def _starts_after(later: Process, earlier: Process) -> bool:
    """Whether ``later`` started when ``earlier`` had logged its last line."""
    if not later.started or later.first_line <= earlier.last_line:
        return False
    # In files put one behind the other the clock goes back.
    return not (later.first_time and earlier.last_time and later.first_time.wall_ms < earlier.last_time.wall_ms)


class Succession:
    """The processes of one log by their starts and ends."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._by_start = sorted(processes, key=lambda process: process.first_line)
        self._starts = [process.first_line for process in self._by_start]
        known = (process for process in processes if process.pid is not None)
        self._by_end = sorted(known, key=lambda process: process.last_line)
        self._ends = [process.last_line for process in self._by_end]
        self._earliest_end = list(accumulate((_last_ms(process) for process in self._by_end), min))
        self._notices = [line for process in processes for line in process.lines if line.name == "kill_notice"]

    def successor(self, process: Process) -> Process | None:
        """The process that took this one's place; if it can have followed several, it followed the last to end."""
        at = bisect_right(self._starts, process.last_line)
        later = self._by_start[at : at + _MOST_TRIED]
        successor = next((other for other in later if _takes_over(other, process)), None)
        if successor is None or (successor.port is not None and process.port == successor.port):
            return successor
        first, last = bisect_right(self._ends, process.last_line), bisect_left(self._ends, successor.first_line)
        rivals = self._by_end[first : min(last, first + _MOST_TRIED)]
        return None if any(_takes_over(successor, rival) for rival in rivals) else successor

    def is_restart(self, process: Process) -> bool:
        """Whether it started when another one had ended."""
        ended = bisect_left(self._ends, process.first_line)
        if not process.started or not ended:
            return False
        return process.first_time is None or self._earliest_end[ended - 1] <= process.first_time.wall_ms

    def kill_notice(self, process: Process) -> LogLine | None:
        """The kernel's or a supervisor's word that it was killed; such a line has no pid of its own."""
        for line in self._notices:
            killed = next((line.fields[name] for name in _KILLED if name in line.fields), None)
            if line.line > process.first_line and (
                killed == str(process.pid) or (killed is None and 0 < line.line - process.last_line <= NEAR)
            ):
                return line
        return None


def _last_ms(process: Process) -> int:
    return process.last_time.wall_ms if process.last_time else -1


def _takes_over(later: Process, earlier: Process) -> bool:
    if not _starts_after(later, earlier):
        return False
    return later.port is None or earlier.port is None or later.port == earlier.port

"""Where the lines of each process stand."""

from dataclasses import dataclass, field, replace

import numpy as np

from triage.logs.blocks import Block
from triage.logs.prefixes import NO_PID, Prefixes
from triage.logs.scanned import NO_TIME, PidSpan

MOST_PIDS = 100_000


@dataclass(slots=True)
class PidSpans:
    """Collects the spans of pids over the blocks of a log. Beyond ``MOST_PIDS`` no new pid is taken up."""

    _spans: dict[int, PidSpan] = field(default_factory=dict)

    def add(self, block: Block, prefixes: Prefixes) -> None:
        """Take up the prefixed lines of a block."""
        rows = np.flatnonzero(prefixes.pids != NO_PID)
        if not len(rows):
            return
        pids = prefixes.pids[rows]
        # A pid's lines come in runs, and sorting runs is cheaper than sorting lines.
        heads = np.flatnonzero(np.append(True, pids[1:] != pids[:-1]))
        ends = np.append(heads[1:], len(rows))
        for pid in np.unique(pids[heads]).tolist():
            mine = np.flatnonzero(pids[heads] == pid)
            first, last = rows[heads[mine[0]]], rows[ends[mine[-1]] - 1]
            self._extend(block, prefixes, pid, int(first), int(last), int((ends[mine] - heads[mine]).sum()))

    def build(self) -> tuple[PidSpan, ...]:
        """The spans in the order in which the pids first appear."""
        return tuple(self._spans.values())

    def _extend(self, block: Block, prefixes: Prefixes, pid: int, first: int, last: int, lines: int) -> None:
        own = first + np.flatnonzero(
            (prefixes.pids[first : last + 1] == pid) & (prefixes.times[first : last + 1] != NO_TIME)
        )
        begin = prefixes.instant(int(own[0])) if len(own) else None
        end = prefixes.instant(int(own[-1])) if len(own) else None
        before = self._spans.get(pid)
        if before is not None:
            self._spans[pid] = replace(
                before,
                lines=before.lines + lines,
                last_line=block.first_line + last,
                first_time=before.first_time or begin,
                last_time=end or before.last_time,
            )
        elif len(self._spans) < MOST_PIDS:
            self._spans[pid] = PidSpan(pid, lines, block.first_line + first, block.first_line + last, begin, end)

"""Where the lines of each process stand."""

from collections.abc import Iterable
from dataclasses import field

import numpy as np

from triage.logs.blocks import Block
from triage.logs.prefixes import NO_PID, Prefixes
from triage.logs.scan_backend import Rows
from triage.logs.scanned import NO_TIME, PidSpan
from triage.model import Instant
from triage.records import dataclass

MOST_PIDS = 100_000


@dataclass(slots=True)
class PidSpans:
    """Collects the spans of pids over the blocks of a log. Beyond ``MOST_PIDS`` no new pid is taken up."""

    _spans: dict[int, PidSpan] = field(default_factory=dict)

    def add(self, block: Block, prefixes: Prefixes, heads: Rows) -> None:
        """Take up the prefixed lines of a block; ``heads`` are the rows where the pid changes, from row 0 on."""
        ends = np.append(heads[1:], len(block))
        owners = prefixes.pids[heads]
        for pid in (pid for pid in dict.fromkeys(owners.tolist()) if pid != NO_PID):
            mine = owners == pid
            self._extend(block, prefixes, pid, heads[mine], ends[mine])

    def take(self, span: PidSpan) -> None:
        """Take up a span that lies behind those so far."""
        before = self._spans.get(span.pid)
        if before is not None:
            self._spans[span.pid] = before.extended(span)
        elif len(self._spans) < MOST_PIDS:
            self._spans[span.pid] = span

    def build(self) -> tuple[PidSpan, ...]:
        """The spans in the order in which the pids first appear."""
        return tuple(self._spans.values())

    def _extend(self, block: Block, prefixes: Prefixes, pid: int, heads: Rows, ends: Rows) -> None:
        first, last, lines = int(heads[0]), int(ends[-1]) - 1, int((ends - heads).sum())
        begin = _first_instant(prefixes, zip(heads.tolist(), ends.tolist(), strict=True), 1)
        end = _first_instant(prefixes, zip(heads[::-1].tolist(), ends[::-1].tolist(), strict=True), -1)
        self.take(PidSpan(pid, lines, block.first_line + first, block.first_line + last, begin, end))


def _first_instant(prefixes: Prefixes, runs: Iterable[tuple[int, int]], step: int) -> Instant | None:
    """The first time in the runs; with ``step`` -1 they are read from their ends on."""
    for start, end in runs:
        nearest = start if step > 0 else end - 1
        if prefixes.times[nearest] != NO_TIME:
            return prefixes.instant(nearest)
        stamped = (prefixes.times[start:end] != NO_TIME)[::step]
        at = int(stamped.argmax())
        if stamped[at]:
            return prefixes.instant(start + at if step > 0 else end - 1 - at)
    return None

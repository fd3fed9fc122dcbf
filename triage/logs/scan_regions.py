"""Takes the lines of crash reports out of the stream of blocks, and the lines before what matters."""

from collections.abc import Iterator, Sequence
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.prefixes import HANDLER, RAW, Prefixes
from triage.logs.scan_region_lines import RegionLines, Stretch
from triage.logs.scanned import Region
from triage.model import RawLine
from triage.records import dataclass

LEAD_IN = 60
LONGEST_RAW_LEAD_IN = 4000
"""A log that begins inside a report may have this many lines before the first one that says so."""
LEAD_IN_BYTES, RAW_LEAD_IN_BYTES = 64 << 10, 4 << 20
MOST_LINES = 64_000
MOST_BYTES = 12 << 20
MOST_BYTES_IN_ALL = 6 << 20
"""When the reports of a log add up to more than this, the later ones keep only ``SHORT_LINES`` lines."""
SHORT_LINES, SHORT_BYTES = 160, 16 << 10
MOST_REGIONS = 1_000
ORDINARY_LINES_TO_CLOSE = 3_000
_BEFORE_BANNER = 10

START, END, NEW_PROCESS = "START_MARK", "END_MARK", "NEW_PROCESS"
_BOUNDS = frozenset({START, END, NEW_PROCESS})


@dataclass(frozen=True, slots=True)
class Anchor:
    """A line that belongs to a report or bounds one; ``name`` is its terminal in ``anchors.lark``."""

    row: int
    name: str


def _runs(anchors: Sequence[Anchor], prefixes: Prefixes) -> Iterator[tuple[Anchor, int]]:
    """Anchors, each with the number of lines from it on that are alike: frames stand one below the other."""
    pids = prefixes.pids[[anchor.row for anchor in anchors]].tolist()
    inner = [pid < 0 and anchor.name not in _BOUNDS for pid, anchor in zip(pids, anchors, strict=True)]
    start = 0
    while start < len(anchors):
        end = start + 1
        first = anchors[start]
        while inner[start] and end < len(anchors) and inner[end] and anchors[end].row - first.row == end - start:
            end += 1
        yield first, end - start
        start = end


@dataclass(slots=True)
class Recent:
    """The last lines of the blocks before, for looking back over a block's beginning."""

    _tail: list[Stretch] = field(default_factory=list)

    def before(self, block: Block, row: int, count: int, size: int = LEAD_IN_BYTES) -> list[RawLine]:
        """Up to ``count`` lines before a row of the block, of ``size`` bytes together."""
        lines: list[RawLine] = []
        for stretch in (Stretch(block, 0, row), *reversed(self._tail)):
            near = stretch.last(count - len(lines))
            fitting = near.last_bytes(size)
            lines[:0] = fitting.raw_lines()
            size -= fitting.size
            if len(fitting) < len(near):
                break
        return lines

    def leave(self, block: Block) -> None:
        """Remember the last lines of a block that has been dealt with."""
        own = Stretch(block, 0, len(block)).last(LEAD_IN)
        while self._tail and sum(map(len, self._tail[1:])) + len(own) >= LEAD_IN:
            del self._tail[0]
        self._tail.append(own)


@dataclass(slots=True)
class _OpenRegion:
    lead_in: tuple[RawLine, ...]
    pid: int
    lines: RegionLines
    short: bool
    started: bool = False
    ended: bool = False
    ordinary: int = 0
    """Prefixed lines since the last one that looked like part of a report."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A block as the tracker sees it: ordinary lines, and ``telling`` ones that look like part of a report."""

    block: Block
    prefixes: Prefixes
    ordinary: NDArray[np.bool_]
    telling: NDArray[np.bool_]

    @classmethod
    def of(cls, block: Block, prefixes: Prefixes, anchors: Sequence[Anchor]) -> "_Segment":
        ordinary = (prefixes.kinds != RAW) & (prefixes.kinds < HANDLER)
        ordinary[[anchor.row for anchor in anchors]] = False
        return cls(block, prefixes, ordinary, ~ordinary & (prefixes.ends > prefixes.messages))

    def end_of(self, at: int, until: int, ended: bool, before: int) -> tuple[int, int]:
        """Where a region ends between two rows, ``until`` if it does not, and how many ordinary lines stand there.

        ``before`` is how many stood in a row before ``at``, ``ended`` whether the report's END has been seen.
        """
        ordinary = self.ordinary[at:until]
        if ended:
            found = np.flatnonzero(ordinary)
            return (at + int(found[0]) if len(found) else until), 0
        counted = np.cumsum(ordinary)
        at_last_telling = np.maximum.accumulate(np.where(self.telling[at:until], counted, -before))
        in_a_row: NDArray[np.int64] = counted - at_last_telling
        found = np.flatnonzero(in_a_row >= ORDINARY_LINES_TO_CLOSE)
        return (at + int(found[0]) if len(found) else until), int(in_a_row[-1])

    def raw_run_before(self, row: int) -> int:
        """How many lines without a prefix stand directly before a row."""
        start = max(0, row - LONGEST_RAW_LEAD_IN)
        prefixed = np.flatnonzero(self.prefixes.kinds[start:row] != RAW)
        return row - start - (int(prefixed[-1]) + 1 if len(prefixed) else 0)

    def start_of_process(self, banner: int, other_pid: int) -> int:
        """The first of the new process's lines: a few may stand before its banner."""
        pid = int(self.prefixes.pids[banner])
        row = banner
        while pid != other_pid and banner - row < _BEFORE_BANNER and row > 0 and self.prefixes.pids[row - 1] == pid:
            row -= 1
        return row


@dataclass(slots=True)
class RegionTracker:
    """Opens and closes report regions over the blocks of a log.

    A region opens at the first anchor. It ends before a new process, after its END at the first ordinary line, at a
    second START, or after ``ORDINARY_LINES_TO_CLOSE`` prefixed lines in a row that are no anchors.
    """

    share: int = 1
    """How many such trackers have the room for whole reports together."""
    regions: list[Region] = field(default_factory=list)
    shortened: int = 0
    """Regions that were kept short because there were so many."""
    dropped: int = 0
    """Regions beyond ``MOST_REGIONS``, which were not kept at all."""
    _recent: Recent = field(default_factory=Recent)
    _open: _OpenRegion | None = None
    _closed_before: int = 1
    """The first line behind the last region: no lead-in reaches back over it."""
    _bytes: int = 0
    _ended: bool = True
    """Whether the last region had an END."""

    @property
    def settled(self) -> bool:
        """Whether nothing that was reported so far can go on."""
        return self._open is None and self._ended

    def add(self, block: Block, prefixes: Prefixes, anchors: Sequence[Anchor]) -> NDArray[np.bool_]:
        """Take up a block with its anchors in file order; returns which of its lines lie in regions."""
        inside = np.zeros(len(block), dtype=np.bool_)
        segment = _Segment.of(block, prefixes, anchors)
        at = 0
        for anchor, lines in _runs(anchors, prefixes):
            at = self._advance(segment, at, self._border(segment, anchor), inside)
            at = self._meet(segment, anchor, lines, inside)
        self._advance(segment, at, len(block), inside)
        self._recent.leave(block)
        return inside

    def finish(self) -> None:
        """The log is at its end."""
        self._close()

    def before(self, block: Block, row: int, count: int) -> tuple[RawLine, ...]:
        """Up to ``count`` lines before a row of the block that was added last or is to be added next."""
        return tuple(self._recent.before(block, row, count))

    def _border(self, segment: "_Segment", anchor: Anchor) -> int:
        """Where the lines of the next process begin, if the anchor is one's banner."""
        if anchor.name != NEW_PROCESS or self._open is None:
            return anchor.row
        return segment.start_of_process(anchor.row, self._open.pid)

    def _advance(self, segment: "_Segment", at: int, until: int, inside: NDArray[np.bool_]) -> int:
        """Go on over lines that are no anchors."""
        region = self._open
        if region is None or at >= until:
            return until
        end, region.ordinary = segment.end_of(at, until, region.ended, region.ordinary)
        self._take(segment.block, at, end, inside)
        if end < until:
            self._close()
        return until

    def _meet(self, segment: "_Segment", anchor: Anchor, lines: int, inside: NDArray[np.bool_]) -> int:
        block, pid = segment.block, int(segment.prefixes.pids[anchor.row])
        region = self._open
        if anchor.name == NEW_PROCESS:
            self._close()
            return anchor.row
        if region is not None and (
            (anchor.name == START and region.started) or (region.ended and 0 <= pid != region.pid >= 0)
        ):
            self._close()
        if self._open is None:
            if anchor.name == END and self.regions:
                return anchor.row
            self._open = self._opened(segment, anchor.row, pid)
        self._open.started |= anchor.name == START
        self._open.ended |= anchor.name == END
        self._open.ordinary = 0
        if self._open.pid < 0:
            self._open.pid = pid
        self._take(block, anchor.row, anchor.row + lines, inside)
        return anchor.row + lines

    def _opened(self, segment: "_Segment", row: int, pid: int) -> _OpenRegion:
        reach = LEAD_IN if self.regions else max(LEAD_IN, segment.raw_run_before(row))
        reach = min(reach, segment.block.first_line + row - self._closed_before)
        size = RAW_LEAD_IN_BYTES if reach > LEAD_IN else LEAD_IN_BYTES
        lead_in = self._recent.before(segment.block, row, max(0, reach), size)
        short = self._bytes > MOST_BYTES_IN_ALL // self.share
        lines = (
            RegionLines(SHORT_LINES, SHORT_BYTES)
            if short
            else RegionLines(MOST_LINES // self.share, MOST_BYTES // self.share)
        )
        return _OpenRegion(tuple(lead_in), pid, lines, short)

    def _take(self, block: Block, start: int, end: int, inside: NDArray[np.bool_]) -> None:
        if self._open is not None and start < end:
            inside[start:end] = True
            self._open.lines.take(block, start, end)
            self._closed_before = block.first_line + end

    def _close(self) -> None:
        region, self._open = self._open, None
        if region is None:
            return
        self._ended = region.ended
        if len(self.regions) >= MOST_REGIONS // self.share:
            self.dropped += 1
            return
        self.shortened += region.short
        self._bytes += region.lines.size
        self.regions.append(Region(region.lines.raw_lines(), region.lead_in, region.lines.cut))

"""One pass over a log with bounded memory: finds what matters, counts the rest.

Ordinary lines never become Python objects. A block of lines is read as columns, the lines that may match a terminal
are picked out by their literals, and only those are given to its regular expression.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from triage.logs.allocator import keep_freed_memory
from triage.logs.blocks import Block, Blocks, LineBlocks
from triage.logs.flood_lines import Flood, Matched, field_names
from triage.logs.flood_tables import FloodTable
from triage.logs.histogram import HistogramBuilder
from triage.logs.line_masks import NO_MATCH
from triage.logs.prefix_reader import PrefixReader
from triage.logs.prefixes import KINDS, LEVEL_CODES, LEVELS, RAW, Prefixes
from triage.logs.scan_backend import Backend, Rows, Tally, backend
from triage.logs.scan_counts import HANDLER_FORMATS, ScanCounts
from triage.logs.scan_coverage import CoverageCounter
from triage.logs.scan_matchers import Found, Matcher, Terminal, matcher_of
from triage.logs.scan_pids import PidSpans
from triage.logs.scan_regions import Anchor, RegionTracker
from triage.logs.scan_told import LONGEST_TEXT, ToldLines
from triage.logs.scanned import FLOODS, LogLine, LogScan
from triage.logs.year_evidence import dated
from triage.logs.years import Years
from triage.model import Coverage, Instant, RawLine
from triage.records import dataclass

MOST_STARTS = 200
LINES_BEFORE_START = 10
_MANY = 20
_WRITERS_WITH_ROOM = 4
"""So many writers of one file may each keep as much as if they were alone."""

_FLOODS, _NOTABLE, _ACTIVITY, _ANCHORS, _LOGO = "floods", "notable", "activity", "anchors", "logo"
_GRAMMARS = (_FLOODS, _NOTABLE, _ACTIVITY, _ANCHORS, _LOGO)
_STARTS = frozenset({"starting", "old_started"})
_FORMAT_NAMES = {
    "OLD": "old",
    "LOGFMT": "logfmt",
    "REWRITTEN": "rewritten",
    **{name.upper(): name for name in HANDLER_FORMATS},
}
_FORMATS = {kind: _FORMAT_NAMES.get(name, "legacy") for name, kind in KINDS.items()}


class Readable(Protocol):
    """A log to scan: a source of the intake, or one of the streams that were unwrapped from it."""

    @property
    def name(self) -> str:
        """What to call the log."""
        ...

    def blocks(self) -> Iterator[bytes]:
        """Its bytes, in any chunking."""
        ...


def scan(
    source: Readable,
    progress: Callable[[int], None] | None = None,
    by: Backend | None = None,
    *,
    writers: int = 1,
) -> LogScan:
    """Scan a log; ``progress`` is called with the number of bytes read so far.

    Of many ``writers`` of one file each is one: they share the room that there is for one log.
    """
    share = max(1, writers // _WRITERS_WITH_ROOM)
    return scan_blocks(source.name, LineBlocks(source.blocks(), by=by or backend(), share=share), progress)


def scan_blocks(name: str, lines: Blocks, progress: Callable[[int], None] | None = None) -> LogScan:
    """Scan the log called ``name``."""
    by = lines.by
    reader, matcher = PrefixReader(by), matcher_of(by.name, *_GRAMMARS)
    state = _Scan.sharing(by, matcher, lines.share)
    for number, block in enumerate(lines, start=1):
        prefixes, tally = reader.read(block)
        state.add(block, prefixes, tally, matcher.find(block, prefixes))
        if progress is not None:
            progress(lines.consumed)
        if number == 1:
            keep_freed_memory()
    return dated(state.build(name, lines, reader.years.years()))


@dataclass(slots=True)
class _Scan:
    """What has been found so far."""

    by: Backend
    matcher: Matcher
    floods: dict[str, FloodTable]
    regions: RegionTracker
    told: dict[str, ToldLines]
    histogram: HistogramBuilder = field(default_factory=HistogramBuilder)
    pids: PidSpans = field(default_factory=PidSpans)
    starts: deque[tuple[int, tuple[RawLine, ...]]] = field(default_factory=lambda: deque(maxlen=MOST_STARTS))
    kinds: Counter[int] = field(default_factory=Counter)
    stamps: Counter[str] = field(default_factory=Counter)
    first_time: Instant | None = None
    last_time: Instant | None = None
    lines: int = 0
    recognised: int = 0
    coverage: CoverageCounter = field(default_factory=CoverageCounter)

    @classmethod
    def sharing(cls, by: Backend, matcher: Matcher, share: int) -> "_Scan":
        """A scan that keeps no more than one ``share``-th of what there is room for."""
        return cls(
            by=by,
            matcher=matcher,
            floods={name: FloodTable(share) for name in FLOODS},
            regions=RegionTracker(share),
            told={_NOTABLE: ToldLines(share), _ACTIVITY: ToldLines(share)},
        )

    def add(self, block: Block, prefixes: Prefixes, tally: Tally, candidates: Found) -> None:
        """Take up the next block."""
        flooded = self._take_floods(block, prefixes, candidates.heads)
        known = (prefixes.kinds != RAW) | (prefixes.ends == prefixes.messages)
        anchors: list[Anchor] = []
        for row, terminal, text in self._candidates(block, prefixes, candidates, flooded):
            match = terminal.pattern.fullmatch(text)
            if match is None:
                continue
            if terminal.grammar == _LOGO:
                known[row] = True
            elif terminal.grammar == _ANCHORS:
                if not anchors or anchors[-1].row != row:
                    anchors.append(Anchor(row, terminal.name))
            else:
                known[row] = True
                self._take_told(block, prefixes, row, terminal, text, match.groupdict())
        in_report = self.regions.add(block, prefixes, anchors)
        known |= in_report
        if in_report.any() or (self.starts and self.starts[-1][0] >= block.first_line):
            for flood in self.floods.values():
                flood.keep()
        self.coverage.add_warnings(block, prefixes, ~(flooded | in_report))
        self.coverage.add_unrecognised(block, np.flatnonzero(~(known | flooded)))
        self.lines += len(block)
        self.recognised += int(np.count_nonzero(known | flooded))
        self.histogram.add_levels(prefixes, tally, self.by)
        self._count(block, prefixes, tally)

    def _take_floods(self, block: Block, prefixes: Prefixes, heads: dict[Terminal, Rows]) -> NDArray[np.bool_]:
        flooded = np.zeros(len(block), dtype=np.bool_)
        found: dict[str, dict[Terminal, Matched]] = {name: {} for name in FLOODS}
        for terminal, rows in heads.items():
            if terminal.grammar == _FLOODS:
                some = self._matching(block, prefixes, terminal, rows)
                if len(some.rows):
                    found[Flood.of(terminal.name).table][terminal] = some
        for name, matched in found.items():
            if matched:
                self.floods[name].add(block, prefixes, matched, self.by)
                rows = np.concatenate([some.rows for some in matched.values()])
                flooded[rows] = True
                self.histogram.add(name, prefixes.times[rows], self.by)
                self.coverage.add_flood("tls", int(np.count_nonzero(prefixes.levels[rows] == LEVEL_CODES["#"])))
        return flooded

    def _candidates(
        self, block: Block, prefixes: Prefixes, found: Found, flooded: NDArray[np.bool_]
    ) -> Iterator[tuple[int, Terminal, str]]:
        """The lines that may match another terminal, by line and rank, with their messages."""
        by_head = [
            (row, terminal)
            for terminal, rows in found.heads.items()
            if terminal.grammar != _FLOODS
            for row in self._likely(block, prefixes, terminal, rows[~flooded[rows]]).tolist()
        ]
        inside = [candidate for candidate in found.inner if not flooded[candidate.row]]
        candidates = [*by_head, *inside, *self.matcher.by_first(block, prefixes, ~flooded)]
        for row, terminal in sorted(candidates, key=lambda candidate: (candidate[0], candidate[1].rank)):
            octets = block.data[int(prefixes.messages[row]) : int(prefixes.ends[row])]
            yield row, terminal, octets.decode("utf-8", "backslashreplace")

    def _likely(self, block: Block, prefixes: Prefixes, terminal: Terminal, rows: Rows) -> Rows:
        """Without those that do not match, where there are so many that it pays to look at them together."""
        return rows if len(rows) < _MANY else self._matching(block, prefixes, terminal, rows).rows

    def _matching(self, block: Block, prefixes: Prefixes, terminal: Terminal, rows: Rows) -> Matched:
        shapes = terminal.masks.shapes(block, prefixes.messages[rows], prefixes.ends[rows], self.by)
        matching = shapes != NO_MATCH
        return Matched(rows, shapes) if matching.all() else Matched(rows[matching], shapes[matching])

    def _take_told(
        self, block: Block, prefixes: Prefixes, row: int, terminal: Terminal, text: str, groups: dict[str, str | None]
    ) -> None:
        name, line, told = terminal.name.lower(), block.first_line + row, self.told[terminal.grammar]
        if not told.takes(name, line):
            return
        pid, role, level = int(prefixes.pids[row]), int(prefixes.roles[row]), int(prefixes.levels[row])
        told.append(
            LogLine(
                name=name,
                line=line,
                text=block.text(row)[:LONGEST_TEXT],
                message=text[:LONGEST_TEXT],
                pid=pid if pid >= 0 else None,
                role=chr(role) if role else None,
                time=prefixes.instant(row),
                level=LEVELS[level] if level < len(LEVELS) else None,
                fields={name: value[:LONGEST_TEXT] for name, value in groups.items() if value is not None},
            )
        )
        if name in _STARTS:
            self.starts.append((line, self.regions.before(block, row, LINES_BEFORE_START)))

    def _count(self, block: Block, prefixes: Prefixes, tally: Tally) -> None:
        self.pids.add(block, prefixes, tally.pid_runs)
        self.kinds.update({kind: lines for kind, lines in enumerate(tally.kinds.tolist()) if lines})
        self.stamps.update(prefixes.stamps)
        if tally.first >= 0:
            self.first_time = self.first_time or prefixes.instant(tally.first)
            self.last_time = prefixes.instant(tally.last)

    def build(self, name: str, lines: Blocks, years: Years) -> LogScan:
        """Everything that was found in the log called ``name``, whose stamps tell ``years``."""
        settled = self.regions.settled
        self.regions.finish()
        return LogScan(
            input=name,
            first_time=self.first_time,
            last_time=self.last_time,
            coverage=Coverage(
                self.lines,
                self.recognised,
                self.lines - self.recognised,
                self.coverage.unrecognised(),
                self.coverage.build(),
            ),
            floods={table: self.floods[table].build(names) for table, names in field_names().items()},
            notable=tuple(self.told[_NOTABLE].lines),
            activity=tuple(self.told[_ACTIVITY].lines),
            regions=tuple(self.regions.regions),
            pids=self.pids.build(),
            before_start=dict(self.starts),
            histogram=self.histogram.build(),
            years=years,
            counts=self._counts(lines),
            settled=settled,
        )

    def _counts(self, lines: Blocks) -> ScanCounts:
        formats: Counter[str] = Counter()
        for kind, count in self.kinds.items():
            if kind != RAW:
                formats[_FORMATS[kind]] += count
        return ScanCounts(
            formats=formats,
            stamps=self.stamps,
            cut_lines=lines.cut_lines,
            nul_bytes=lines.nul_bytes,
            notable_dropped=sum(told.dropped for told in self.told.values()),
            reports_shortened=self.regions.shortened,
            reports_dropped=self.regions.dropped,
            reports_cut=sum(region.cut for region in self.regions.regions),
        )

"""Collects the lines that come by the thousand: exact counts of all, the newest ones as columns.

Those that were the newest when a crash report or a process began are kept too: the questions of that crash need them.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray
from zstandard import ZstdCompressor

from triage.logs.blocks import Block
from triage.logs.flood_columns import ChunkedColumn, FieldColumn
from triage.logs.flood_lines import Chunk, Matched, Part, new_packer
from triage.logs.prefixes import Prefixes
from triage.logs.scan_backend import Backend
from triage.logs.scan_matchers import Terminal
from triage.logs.scanned import EventTable
from triage.records import dataclass

MOST_RECENT = 60_000
MOST_RECENT_BYTES = 16 << 20
MOST_KEPT = 120_000
CHUNK_BYTES = 256 << 10
"""So much text is read together when somebody asks for a line of it."""


@dataclass(frozen=True, slots=True)
class _Lines:
    """Some lines of a flood. ``gap`` says that lines are missing between these and those before."""

    times: NDArray[np.int64]
    lines: NDArray[np.int64]
    pids: NDArray[np.int64]
    chunk: Chunk
    gap: bool

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(slots=True)
class FloodTable:
    """One flood over the blocks of a log."""

    share: int = 1
    """How many tables have the room together."""
    total: int = 0
    _patterns: list[Terminal] = field(default_factory=list)
    _recent: deque[Part] = field(default_factory=deque)
    _recent_rows: int = 0
    _recent_bytes: int = 0
    _gap: bool = False
    """Lines before the recent ones are missing."""
    _kept: deque[_Lines] = field(default_factory=deque)
    _kept_rows: int = 0
    _packer: ZstdCompressor = field(default_factory=new_packer)

    def add(self, block: Block, prefixes: Prefixes, matched: Mapping[Terminal, Matched], by: Backend) -> None:
        """Take up the rows that each terminal matched."""
        self._patterns += [terminal for terminal in matched if terminal not in self._patterns]
        by_number = {self._patterns.index(terminal): found for terminal, found in matched.items()}
        part = Part.of(block, prefixes, by_number, by)
        self._recent.append(part)
        self._recent_rows += len(part)
        self._recent_bytes += part.size
        self.total += len(part)
        while len(self._recent) > 1 and (
            self._recent_rows - len(self._recent[0]) >= MOST_RECENT // self.share
            or self._recent_bytes > MOST_RECENT_BYTES // self.share
        ):
            oldest = self._recent.popleft()
            self._recent_rows -= len(oldest)
            self._recent_bytes -= oldest.size
            self._gap = True

    def keep(self) -> None:
        """Something failed or began: the lines before it are wanted."""
        lines = self._collected(self._packer)
        self._recent.clear()
        self._recent_rows, self._recent_bytes, self._gap = 0, 0, False
        self._kept += lines
        self._kept_rows += sum(map(len, lines))
        while self._kept and self._kept_rows - len(self._kept[0]) >= MOST_KEPT // self.share:
            self._kept_rows -= len(self._kept.popleft())
            self._kept[0] = replace(self._kept[0], gap=True)

    def build(self, names: Sequence[str]) -> EventTable:
        """The table with the fields ``names``."""
        found = (*self._kept, *self._collected(self._packer if self.share > 1 else None))
        chunks = [some.chunk for some in found]
        rows = np.cumsum([0, *map(len, found)])
        return EventTable(
            times=_joined([some.times for some in found]),
            lines=_joined([some.lines for some in found]),
            pids=_joined([some.pids for some in found]),
            texts=ChunkedColumn(chunks, attrgetter("texts")),
            fields={name: FieldColumn(chunks, name) for name in names},
            total=self.total,
            dropped=self.total - int(rows[-1]),
            gaps=rows[:-1][[some.gap for some in found]] if found else rows[:-1],
        )

    def _collected(self, packer: ZstdCompressor | None) -> list[_Lines]:
        """The recent lines, packed if there is a packer."""
        found: list[_Lines] = []
        parts: list[Part] = []
        for number, part in enumerate(self._recent, start=1):
            parts.append(part)
            if number == len(self._recent) or sum(part.size for part in parts) >= CHUNK_BYTES:
                found.append(
                    _Lines(
                        times=_joined([part.times for part in parts]),
                        lines=_joined([part.lines for part in parts]),
                        pids=_joined([part.pids for part in parts]),
                        chunk=Chunk.of(parts, self._patterns, packer),
                        gap=self._gap and not found,
                    )
                )
                parts = []
        return found


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

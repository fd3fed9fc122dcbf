"""Collects the lines that come by the thousand: exact counts of all, the newest ones as columns."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, methodcaller

import numpy as np
from numpy.typing import NDArray
from zstandard import ZstdCompressor

from triage.logs.blocks import Block
from triage.logs.flood_columns import ChunkedColumn
from triage.logs.flood_lines import Chunk, new_packer
from triage.logs.prefixes import Prefixes
from triage.logs.scan_backend import Backend, Rows
from triage.logs.scan_matchers import Terminal
from triage.logs.scanned import EventTable

MOST_ROWS = 250_000


@dataclass(slots=True)
class FloodTable:
    """One flood over the blocks of a log."""

    total: int = 0
    _kept: int = 0
    _chunks: deque[Chunk] = field(default_factory=deque)
    _packer: ZstdCompressor = field(default_factory=new_packer)

    def add(self, block: Block, prefixes: Prefixes, matched: Mapping[Terminal, Rows], by: Backend) -> None:
        """Take up the rows that each terminal matched."""
        self._chunks.append(Chunk.of(block, prefixes, matched, by, self._packer))
        self.total += len(self._chunks[-1])
        self._kept += len(self._chunks[-1])
        while self._kept - len(self._chunks[0]) >= MOST_ROWS:
            self._kept -= len(self._chunks.popleft())

    def build(self, names: Sequence[str]) -> EventTable:
        """The table with the fields ``names``."""
        chunks = tuple(self._chunks)
        skip = max(0, self._kept - MOST_ROWS)
        return EventTable(
            times=_joined([chunk.times for chunk in chunks])[skip:],
            lines=_joined([chunk.lines for chunk in chunks])[skip:],
            pids=_joined([chunk.pids for chunk in chunks])[skip:],
            texts=ChunkedColumn(chunks, skip, attrgetter("texts")),
            fields={name: ChunkedColumn(chunks, skip, methodcaller("field", name)) for name in names},
            total=self.total,
            dropped=self.total - self._kept + skip,
        )


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

"""Works on blocks with numpy, where the scanner in C was not built."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.line_masks import masks_of
from triage.logs.literal_words import LiteralWords
from triage.logs.prefix_columns import Columns
from triage.logs.prefixes import KINDS, NO_LEVEL, Prefixes
from triage.logs.scan_backend import Offsets, Rows, Taken, Tally, Times
from triage.logs.scanned import NO_TIME

_NEVER = 2**63 - 1, -(2**63)


class Portable:
    """The backend in numpy."""

    name = "portable"

    def split(self, data: bytes, size: int) -> tuple[Offsets, Offsets]:
        """The starts and ends of lines."""
        octets = np.frombuffer(data, dtype=np.uint8)
        newlines = np.flatnonzero(octets[:size] == 10)
        starts = np.empty_like(newlines)
        starts[:1] = 0
        starts[1:] = newlines[:-1] + 1
        # At offset 0 this looks at the padding, which is no carriage return.
        return starts, newlines - (octets[newlines - 1] == 13) * (newlines > starts)

    def column_reader(self) -> Columns:
        """A reader of prefixes."""
        return Columns()

    def literal_finder(self, heads: Iterable[tuple[bytes, int]], inner: Iterable[tuple[bytes, int]]) -> LiteralWords:
        """A finder of literals."""
        return LiteralWords(heads, inner)

    def alike(
        self, block: Block, starts: Offsets, ends: Offsets, *, exact: bool = False
    ) -> tuple[NDArray[np.int64], Rows]:
        """Groups of parts that are equal or differ in digits alone."""
        places: dict[bytes, int] = {}
        parts = _parts(block, starts, ends)
        firsts = [places.setdefault(one, at) for at, one in enumerate(parts if exact else masks_of(parts))]
        heads, groups = np.unique(np.array(firsts, dtype=np.int64), return_inverse=True)
        return groups, heads

    def take(self, block: Block, prefixes: Prefixes, rows: Rows) -> Taken:
        """Lines as one text, and where their messages lie in them."""
        starts, ends = block.starts[rows], block.ends[rows]
        begins, tails = prefixes.messages[rows] - starts, ends - prefixes.ends[rows]
        return Taken(b"\n".join(_parts(block, starts, ends)), begins.astype(np.int32), tails.astype(np.int32))

    def tally(self, prefixes: Prefixes) -> Tally:
        """What the prefixes have in common."""
        timed = np.flatnonzero(prefixes.times != NO_TIME)
        first, last = (int(timed[0]), int(timed[-1])) if len(timed) else (-1, -1)
        levelled = prefixes.times[timed[prefixes.levels[timed] != NO_LEVEL]]
        earliest, latest = (int(levelled.min()), int(levelled.max())) if len(levelled) else _NEVER
        pids = prefixes.pids
        runs = np.append(0, np.flatnonzero(pids[1:] != pids[:-1]) + 1) if len(pids) else pids
        return Tally(first, last, earliest, latest, np.bincount(prefixes.kinds, minlength=len(KINDS) + 1), runs)

    def count_times(
        self, times: Times, levels: NDArray[np.uint8] | None, width_ms: int, first: int, counts: NDArray[np.int64]
    ) -> None:
        """Add the times to the counts of their buckets."""
        rows, buckets = counts.shape
        counted = times != NO_TIME
        if levels is not None:
            counted &= levels < rows
        places = times[counted] // width_ms - first
        if len(places) and (places.min() < 0 or places.max() >= buckets):
            raise ValueError("times outside the buckets")
        if levels is not None:
            places += levels[counted] * np.int64(buckets)
        counts += np.bincount(places, minlength=counts.size).reshape(counts.shape)


def _parts(block: Block, starts: Offsets, ends: Offsets) -> list[bytes]:
    data = block.data
    return [data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]

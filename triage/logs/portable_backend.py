"""Works on blocks with numpy, where the scanner in C was not built."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.line_masks import masks_of
from triage.logs.literal_words import LiteralWords
from triage.logs.prefix_columns import Columns
from triage.logs.scan_backend import Offsets, Rows


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

    def alike(self, block: Block, starts: Offsets, ends: Offsets) -> tuple[NDArray[np.int64], Rows]:
        """Groups of lines that differ in digits alone."""
        places: dict[bytes, int] = {}
        firsts = [places.setdefault(mask, place) for place, mask in enumerate(masks_of(_parts(block, starts, ends)))]
        heads, groups = np.unique(np.array(firsts, dtype=np.int64), return_inverse=True)
        return groups, heads

    def join(self, block: Block, starts: Offsets, ends: Offsets) -> bytes:
        """Parts of a block with newlines between them."""
        return b"\n".join(_parts(block, starts, ends))


def _parts(block: Block, starts: Offsets, ends: Offsets) -> list[bytes]:
    data = block.data
    return [data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]

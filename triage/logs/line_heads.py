"""The first bytes of many lines as a table, so that a column of the lines is one array.

Picking single bytes out of a block line by line costs more than to copy the beginning of each line once.
"""

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.records import dataclass

_WORD = 8
_LOW_HALVES = np.uint64(0x0F0F0F0F0F0F0F0F)
_PAIRS, _FOURS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)
_EIGHT, _SIXTEEN, _THIRTY_TWO = np.uint64(8), np.uint64(16), np.uint64(32)
# Each multiplication adds neighbours: the left one times 10, 100, 10,000.
_TENS, _HUNDREDS, _MYRIADS = np.uint64(1 + (10 << 8)), np.uint64(1 + (100 << 16)), np.uint64(1 + (10_000 << 32))


@dataclass(frozen=True, slots=True)
class LineHeads:
    """``table`` has one row of bytes for each of the block's lines ``rows``; it may reach into the lines behind."""

    rows: NDArray[np.int64]
    table: NDArray[np.uint8]

    @classmethod
    def of(cls, block: Block, rows: NDArray[np.int64], width: int) -> "LineHeads":
        """The first ``width`` bytes of each line, at most as many as a block is padded with."""
        return cls(rows, heads_at(block, block.starts[rows], width))

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, chosen: NDArray[np.bool_]) -> "LineHeads":
        """The lines that are ``chosen``."""
        return self if chosen.all() else LineHeads(self.rows[chosen], self.table[chosen])

    def byte(self, column: int) -> NDArray[np.uint8]:
        """The byte of each line in a column."""
        return self.table[:, column]

    def word(self, column: int) -> NDArray[np.uint64]:
        """The 8 bytes of each line from a column on, as little-endian words."""
        return words_of(self.table, column)

    def number(self, column: int, width: int) -> NDArray[np.int64]:
        """The decimal numbers of up to 16 digits that stand in the columns."""
        if width > _WORD:
            high = self.number(column, width - _WORD)
            return high * 100_000_000 + self.number(column + width - _WORD, _WORD)
        # What stands behind the digits is shifted out; the zeros that come in are leading ones.
        value = (self.word(column) << np.uint64(8 * (_WORD - width))) & _LOW_HALVES
        value = ((value * _TENS) >> _EIGHT) & _PAIRS
        value = ((value * _HUNDREDS) >> _SIXTEEN) & _FOURS
        found: NDArray[np.int64] = ((value * _MYRIADS) >> _THIRTY_TWO).view(np.int64)
        return found


def heads_at(block: Block, offsets: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """The ``width`` bytes of a block at each of the ``offsets``."""
    shape = (len(block.data) - width + 1,)
    windows: NDArray[np.void] = np.ndarray(shape, dtype=f"V{width}", buffer=block.data, strides=(1,))
    return windows[offsets].view(np.uint8).reshape(len(offsets), width)


def words_of(table: NDArray[np.uint8], column: int) -> NDArray[np.uint64]:
    """The 8 bytes of each row from a column on, as little-endian words."""
    if not len(table):
        return np.zeros(0, dtype=np.uint64)
    view: NDArray[np.uint64] = np.ndarray(
        (len(table),), dtype="<u8", buffer=table, offset=column, strides=(table.shape[1],)
    )
    return view.copy()

"""Columns of a flood over all blocks of a log: a block is read when somebody asks for one of its rows."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from triage.logs.flood_lines import Chunk

T = TypeVar("T")


class ChunkedColumn(Sequence[T]):
    """What ``read`` gives for the lines of each chunk, as one sequence."""

    def __init__(self, chunks: Sequence[Chunk], read: Callable[[Chunk], Sequence[T]]) -> None:
        self._chunks = tuple(chunks)
        self._ends = np.array(list(accumulate(map(len, chunks))), dtype=np.int64)
        self._read = read

    def __add__(self, other: "ChunkedColumn[T]") -> "ChunkedColumn[T]":
        return ChunkedColumn((*self._chunks, *other._chunks), self._read)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return self.at(np.arange(len(self))[index])
        return self.at(np.array([range(len(self))[index]]))[0]

    def __iter__(self) -> Iterator[T]:
        for chunk in self._chunks:
            yield from self._read(chunk)

    def at(self, rows: NDArray[np.int64]) -> list[T]:
        """The items of some rows; neighbours in one chunk are taken together."""
        numbers = np.searchsorted(self._ends, rows, side="right")
        turns = (np.flatnonzero(np.diff(numbers)) + 1).tolist()
        items: list[T] = []
        for first, end in pairwise([0, *turns, len(rows)] if len(rows) else []):
            number = int(numbers[first])
            column = self._read(self._chunks[number])
            start = int(self._ends[number - 1]) if number else 0
            items += [column[place] for place in (rows[first:end] - start).tolist()]
        return items

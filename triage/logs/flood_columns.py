"""Columns of a flood over all blocks of a log: a block is read when somebody asks for one of its rows."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from operator import methodcaller
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from triage.logs.flood_lines import Chunk
from triage.logs.scanned import Coded

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
        items: list[T] = []
        for chunk, places in self._by_chunk(rows):
            column = self._read(chunk)
            items += [column[place] for place in places.tolist()]
        return items

    def _by_chunk(self, rows: NDArray[np.int64]) -> Iterator[tuple[Chunk, NDArray[np.int64]]]:
        """The chunks that hold the rows, in turn, with the places of these in them."""
        numbers = np.searchsorted(self._ends, rows, side="right")
        turns = (np.flatnonzero(np.diff(numbers)) + 1).tolist()
        for first, end in pairwise([0, *turns, len(rows)] if len(rows) else []):
            number = int(numbers[first])
            start = int(self._ends[number - 1]) if number else 0
            yield self._chunks[number], rows[first:end] - start


class FieldColumn(ChunkedColumn[str | None]):
    """A named group of the lines."""

    def __init__(self, chunks: Sequence[Chunk], name: str) -> None:
        super().__init__(chunks, methodcaller("field", name))
        self._name = name

    def __add__(self, other: ChunkedColumn[str | None]) -> "FieldColumn":
        return FieldColumn((*self._chunks, *other._chunks), self._name)

    def coded(self, rows: NDArray[np.int64] | None = None) -> Coded:
        """The column, or some rows of it, each distinct value once."""
        numbers: dict[str | None, int] = {}
        parts = [np.zeros(0, dtype=np.int64)]
        for chunk, places in self._by_chunk(np.arange(len(self)) if rows is None else rows):
            own = chunk.coded(self._name)
            codes = own.codes[places]
            used = np.flatnonzero(np.bincount(codes))
            shared = np.zeros(len(own.values), dtype=np.int64)
            shared[used] = [numbers.setdefault(own.values[code], len(numbers)) for code in used.tolist()]
            parts.append(shared[codes])
        return Coded(tuple(numbers), np.concatenate(parts))

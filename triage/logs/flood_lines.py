"""Keeps thousands of similar log lines in little memory, and reads their named groups when somebody asks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from typing import overload

import numpy as np
import zstandard
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.prefixes import Prefixes
from triage.logs.scan_backend import Backend, Rows
from triage.logs.scan_matchers import Terminal
from triage.logs.scanned import FLOODS
from triage.terminals import terminals

_LEVEL = -5
"""zstd's fast range: flood lines are alike, and most of them are dropped again."""
_STAGE = "stage"


@dataclass(frozen=True, slots=True)
class Flood:
    """What a terminal of ``floods.lark`` feeds: a table, and the stage of the failure that its name tells."""

    table: str
    stage: str | None

    @classmethod
    def of(cls, terminal: str) -> "Flood":
        """The flood of a terminal's name."""
        name = terminal.lower()
        table = next(table for table in FLOODS if name.startswith(table))
        return cls(table, name[len(table) + 1 :] or None)


@cache
def field_names() -> dict[str, tuple[str, ...]]:
    """The fields of each table: the named groups of its terminals, and the stage if it has any."""
    names: dict[str, dict[str, None]] = {table: {} for table in FLOODS}
    for terminal, expression in terminals("floods").items():
        flood = Flood.of(terminal)
        if flood.stage:
            names[flood.table][_STAGE] = None
        names[flood.table].update(dict.fromkeys(re.compile(expression).groupindex))
    return {table: tuple(fields) for table, fields in names.items()}


@dataclass(frozen=True)
class Chunk:
    """The lines of one flood in one block.

    ``which`` says which of ``patterns`` matched; ``begins`` and ``tails`` are the bytes around the message in a line.
    """

    times: NDArray[np.int64]
    lines: NDArray[np.int64]
    pids: NDArray[np.int64]
    packed: bytes
    patterns: tuple[Terminal, ...]
    which: NDArray[np.int8]
    begins: NDArray[np.int32]
    tails: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.lines)

    @classmethod
    def of(
        cls,
        block: Block,
        prefixes: Prefixes,
        matched: Mapping[Terminal, Rows],
        by: Backend,
        packer: zstandard.ZstdCompressor,
    ) -> "Chunk":
        """The rows that each terminal matched, in file order."""
        patterns = tuple(matched)
        rows = np.concatenate(list(matched.values()))
        which = np.repeat(np.arange(len(patterns)), [len(matched[pattern]) for pattern in patterns])
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        starts, ends = block.starts[rows], block.ends[rows]
        packed = packer.compress(by.join(block, starts, ends))
        return cls(
            times=prefixes.times[rows],
            lines=block.first_line + rows,
            pids=prefixes.pids[rows],
            # A copy: the compressor's own result holds on to a buffer as large as its input.
            packed=bytes(memoryview(packed)),
            patterns=patterns,
            which=which[order].astype(np.int8),
            begins=(prefixes.messages[rows] - starts).astype(np.int32),
            tails=(ends - prefixes.ends[rows]).astype(np.int32),
        )

    def columns(self, names: Sequence[str]) -> list[list[str | None]]:
        """The named groups of each line, one list per name; equal texts are one object."""
        spans = zip(_unpack(self.packed), self.begins.tolist(), self.tails.tolist(), strict=True)
        messages = [line[begin : len(line) - tail] for line, begin, tail in spans]
        columns: list[list[str | None]] = [[None] * len(messages) for _ in names]
        for number, terminal in enumerate(self.patterns):
            rows = np.flatnonzero(self.which == number).tolist()
            matches = [terminal.pattern.fullmatch(messages[row]) for row in rows]
            for name, column in zip(names, columns, strict=True):
                for row, value in zip(rows, _group(terminal, name, matches), strict=True):
                    column[row] = value
        known: dict[str | None, str | None] = {}
        return [list(map(known.setdefault, column, column)) for column in columns]


def new_packer() -> zstandard.ZstdCompressor:
    """What packs the lines of chunks; making one takes longer than packing one."""
    return zstandard.ZstdCompressor(level=_LEVEL)


class PackedTexts(Sequence[str]):
    """The physical lines of some chunks without the first ``skip``; a chunk is unpacked when a line is asked for."""

    def __init__(self, chunks: Sequence[Chunk], skip: int) -> None:
        self._chunks = tuple(chunk.packed for chunk in chunks)
        self._ends = list(accumulate(len(chunk) for chunk in chunks))
        self._skip = skip

    def __len__(self) -> int:
        return (self._ends[-1] if self._ends else 0) - self._skip

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        place = index % len(self) + self._skip
        chunk = int(np.searchsorted(self._ends, place, side="right"))
        return _unpack(self._chunks[chunk])[place - (self._ends[chunk - 1] if chunk else 0)]

    def __iter__(self) -> Iterator[str]:
        skip = self._skip
        for chunk in self._chunks:
            lines = _unpack(chunk)
            yield from lines[skip:]
            skip = max(0, skip - len(lines))


class PackedFields(Mapping[str, tuple[str | None, ...]]):
    """The named groups of some chunks' lines without the first ``skip``, as columns; read when first asked for."""

    def __init__(self, chunks: Sequence[Chunk], names: Sequence[str], skip: int) -> None:
        self._chunks = tuple(chunks)
        self._names = tuple(names)
        self._skip = skip
        self._columns: dict[str, tuple[str | None, ...]] | None = None

    def __getitem__(self, name: str) -> tuple[str | None, ...]:
        if self._columns is None:
            self._columns = self._read()
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _read(self) -> dict[str, tuple[str | None, ...]]:
        columns: list[list[str | None]] = [[] for _ in self._names]
        for chunk in self._chunks:
            for column, more in zip(columns, chunk.columns(self._names), strict=True):
                column += more
        return {name: tuple(column[self._skip :]) for name, column in zip(self._names, columns, strict=True)}


def _group(terminal: Terminal, name: str, matches: list["re.Match[str] | None"]) -> list[str | None]:
    if name == _STAGE:
        return [Flood.of(terminal.name).stage] * len(matches)
    if name not in terminal.pattern.groupindex:
        return [None] * len(matches)
    return [match[name] if match is not None else None for match in matches]


@lru_cache(maxsize=4)
def _unpack(packed: bytes) -> list[str]:
    return zstandard.ZstdDecompressor().decompress(packed).decode("utf-8", "backslashreplace").split("\n")

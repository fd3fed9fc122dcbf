"""Keeps thousands of similar log lines in little memory, and reads their named groups when somebody asks."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from zstandard import ZstdCompressor, ZstdDecompressor

from triage.logs.blocks import Block
from triage.logs.line_masks import UNNUMBERED
from triage.logs.prefixes import Prefixes
from triage.logs.scan_backend import Backend, Rows, Taken, backend
from triage.logs.scan_matchers import Terminal
from triage.logs.scanned import FLOODS, Coded
from triage.patterns import compiled
from triage.records import dataclass
from triage.terminals import terminals

_LEVEL = -5
"""zstd's fast range: flood lines are alike."""
_WARM = 4
"""Chunks that are held in the form in which they were read last: unpacked they take much memory."""
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
        names[flood.table].update(dict.fromkeys(compiled(expression).groupindex))
    return {table: tuple(fields) for table, fields in names.items()}


class Matched(NamedTuple):
    """Rows that a terminal matched, ascending, with their shapes in the terminal's masks."""

    rows: Rows
    shapes: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of one flood in one block, as columns.

    ``which`` are the numbers of the terminals that matched, ``shapes`` those of the lines' shapes in their masks.
    """

    times: NDArray[np.int64]
    lines: NDArray[np.int64]
    pids: NDArray[np.int64]
    which: NDArray[np.int8]
    shapes: NDArray[np.int32]
    taken: Taken

    @classmethod
    def of(cls, block: Block, prefixes: Prefixes, matched: Mapping[int, Matched], by: Backend) -> "Part":
        """The rows that each terminal matched, in file order."""
        (number, (rows, shapes)), *others = matched.items()
        which = np.full(len(rows), number, dtype=np.int8)
        if others:
            rows, shapes = (np.concatenate(columns) for columns in zip(*matched.values(), strict=True))
            order = np.argsort(rows, kind="stable")
            which = np.repeat(np.array([*matched], dtype=np.int8), [len(found.rows) for found in matched.values()])
            rows, shapes, which = rows[order], shapes[order], which[order]
        taken = by.take(block, prefixes, rows)
        return cls(prefixes.times[rows], block.first_line + rows, prefixes.pids[rows], which, shapes, taken)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def size(self) -> int:
        """The bytes of the text."""
        return len(self.taken.text)


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """The texts of some parts of one flood.

    ``which`` says which of ``patterns`` matched and ``shapes`` which of its masks; ``begins`` and ``tails`` are the
    bytes around the message in a line.
    """

    text: bytes
    packed: bool
    patterns: tuple[Terminal, ...]
    which: NDArray[np.int8]
    shapes: NDArray[np.int32]
    begins: NDArray[np.int32]
    tails: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.which)

    @classmethod
    def of(cls, parts: Sequence[Part], patterns: Sequence[Terminal], packer: ZstdCompressor | None) -> "Chunk":
        """The lines of these parts."""
        text = b"\n".join([part.taken.text for part in parts])
        return cls(
            # A copy: the compressor's own result holds on to a buffer as large as its input.
            text=bytes(memoryview(packer.compress(text))) if packer else text,
            packed=packer is not None,
            patterns=tuple(patterns),
            which=np.concatenate([part.which for part in parts]),
            shapes=np.concatenate([part.shapes for part in parts]),
            begins=np.concatenate([part.taken.begins for part in parts]),
            tails=np.concatenate([part.taken.tails for part in parts]),
        )

    def field(self, name: str) -> Sequence[str | None]:
        """A named group of each line, ``None`` where it took no part."""
        return _field_of(self, name)

    @property
    def texts(self) -> list[str]:
        """The physical lines."""
        return _lines_of(self.text, self.packed)

    def read(self, name: str) -> list[str | None]:
        """A named group of each line; equal texts are one object."""
        if name == _STAGE:
            stages = [Flood.of(terminal.name).stage for terminal in self.patterns]
            return [stages[number] for number in self.which.tolist()]
        column: list[str | None] = [None] * len(self)
        texts, known = self.texts, dict[str, str]()
        for number in range(len(self.patterns)):
            rows, spans = self._spans(number, name)
            for row, (begin, end) in zip(rows.tolist(), spans.tolist(), strict=True):
                text = texts[row][begin:end]
                column[row] = known.setdefault(text, text)
        return column

    def coded(self, name: str) -> Coded:
        """A named group of each line; a text is made of equal ones once."""
        if name == _STAGE:
            return Coded(
                tuple(Flood.of(terminal.name).stage for terminal in self.patterns), self.which.astype(np.int64)
            )
        block = _block_of(self.text, self.packed)
        if not block.data.isascii():
            return Coded.of(self.field(name))
        values: list[str | None] = [None]
        codes = np.zeros(len(self), dtype=np.int64)
        for number in range(len(self.patterns)):
            rows, places = self._spans(number, name)
            begins, ends = (block.starts[rows, None] + places).T.copy()
            groups, firsts = backend().alike(block, begins, ends, exact=True)
            codes[rows] = groups + len(values)
            spans = zip(begins[firsts].tolist(), ends[firsts].tolist(), strict=True)
            values += [block.data[begin:end].decode() for begin, end in spans]
        return Coded(tuple(values), codes)

    def _spans(self, number: int, name: str) -> tuple[Rows, NDArray[np.int64]]:
        """The rows that a pattern matched in which a group took part, and where it lies in the line."""
        masks = self.patterns[number].masks
        rows = np.flatnonzero(self.which == number)
        shapes = self.shapes[rows]
        spans = masks.spans(name)[np.maximum(shapes, 0)]
        for place in np.flatnonzero(shapes == UNNUMBERED).tolist():
            spans[place] = masks.span_in(self._message(int(rows[place])), name)
        present = spans[:, 0] >= 0
        return rows[present], spans[present] + self.begins[rows[present], None]

    def _message(self, row: int) -> str:
        text = self.texts[row]
        return text[int(self.begins[row]) : len(text) - int(self.tails[row])]


def new_packer() -> ZstdCompressor:
    """What packs the lines of chunks; making one takes longer than packing one."""
    return ZstdCompressor(level=_LEVEL)


@lru_cache(maxsize=_WARM)
def _field_of(chunk: Chunk, name: str) -> Sequence[str | None]:
    return chunk.read(name)


@lru_cache(maxsize=_WARM)
def _lines_of(text: bytes, packed: bool) -> list[str]:
    return _plain(text, packed).decode("utf-8", "backslashreplace").split("\n")


@lru_cache(maxsize=_WARM)
def _block_of(text: bytes, packed: bool) -> Block:
    return Block.of(_plain(text, packed) + b"\n", 1)


def _plain(text: bytes, packed: bool) -> bytes:
    return ZstdDecompressor().decompress(text) if packed else text

"""Keeps thousands of similar log lines in little memory, and reads their named groups when somebody asks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
import zstandard
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.line_masks import is_blind_to_digits
from triage.logs.prefixes import Prefixes
from triage.logs.scan_backend import Backend, Rows
from triage.logs.scan_matchers import Terminal
from triage.logs.scanned import FLOODS
from triage.terminals import terminals

_LEVEL = -5
"""zstd's fast range: flood lines are alike, and most of them are dropped again."""
_STAGE = "stage"
_ZERO = str.maketrans("123456789", "000000000")


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

    def field(self, name: str) -> Sequence[str | None]:
        """A named group of each line, ``None`` where it took no part."""
        return self._fields.get(name) or [None] * len(self)

    @cached_property
    def _fields(self) -> Mapping[str, Sequence[str | None]]:
        columns: dict[str, list[str | None]] = {}
        texts = self.texts
        for number, terminal in enumerate(self.patterns):
            rows = np.flatnonzero(self.which == number)
            stage = Flood.of(terminal.name).stage
            names = [*terminal.pattern.groupindex]
            for name in [*names, _STAGE] if stage else names:
                columns.setdefault(name, [None] * len(self))
            found = [columns[name] for name in names]
            for row, values in zip(rows.tolist(), self._groups(terminal, rows, texts), strict=True):
                for column, value in zip(found, values, strict=True):
                    column[row] = value
                if stage:
                    columns[_STAGE][row] = stage
        return columns

    @property
    def texts(self) -> list[str]:
        """The physical lines."""
        return _unpack(self.packed)

    def _groups(self, terminal: Terminal, rows: Rows, texts: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
        """The groups of each message; lines that differ in digits alone have them at the same places."""
        pattern = terminal.pattern
        spans = zip(rows.tolist(), self.begins[rows].tolist(), self.tails[rows].tolist(), strict=True)
        messages = [texts[row][begin : len(texts[row]) - tail] for row, begin, tail in spans]
        if not is_blind_to_digits(pattern.pattern):
            for message in messages:
                match = pattern.fullmatch(message)
                yield match.groups() if match else (None,) * pattern.groups
            return
        known: dict[str, list[slice | None]] = {}
        for message, mask in zip(messages, "\n".join(messages).translate(_ZERO).split("\n"), strict=True):
            places = known.get(mask)
            if places is None:
                places = known[mask] = _places(pattern, message)
            yield tuple([None if place is None else message[place] for place in places])


def _places(pattern: "re.Pattern[str]", message: str) -> list[slice | None]:
    match = pattern.fullmatch(message)
    found = [match.span(number) if match else (-1, -1) for number in range(1, pattern.groups + 1)]
    return [slice(begin, end) if begin >= 0 else None for begin, end in found]


def new_packer() -> zstandard.ZstdCompressor:
    """What packs the lines of chunks; making one takes longer than packing one."""
    return zstandard.ZstdCompressor(level=_LEVEL)


@lru_cache(maxsize=4)
def _unpack(packed: bytes) -> list[str]:
    return zstandard.ZstdDecompressor().decompress(packed).decode("utf-8", "backslashreplace").split("\n")

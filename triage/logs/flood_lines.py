"""Keeps thousands of similar log lines in little memory, and reads their named groups when somebody asks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
        packed = packer.compress(by.join(block, rows))
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
        if name not in self._fields:
            column: list[str | None] = [None] * len(self)
            for alike in self._alike:
                place = alike.places.get(name)
                if place is not None:
                    for row, message in zip(alike.rows, alike.messages, strict=True):
                        column[row] = message[place]
            self._fields[name] = column
        return self._fields[name]

    def stage(self) -> Sequence[str | None]:
        """The stage of the failure that each line tells, by its terminal."""
        stages = [Flood.of(terminal.name).stage for terminal in self.patterns]
        return [stages[number] for number in self.which.tolist()]

    @property
    def texts(self) -> list[str]:
        """The physical lines."""
        return _unpack(self.packed)

    @cached_property
    def _fields(self) -> dict[str, Sequence[str | None]]:
        return {_STAGE: self.stage()}

    @cached_property
    def _alike(self) -> Sequence["_Alike"]:
        spans = zip(self.texts, self.begins.tolist(), self.tails.tolist(), strict=True)
        messages = [text[begin : len(text) - tail] for text, begin, tail in spans]
        masks = "\n".join(messages).translate(_ZERO).split("\n")
        found: dict[tuple[int, str], _Alike] = {}
        for row, (number, message, mask) in enumerate(zip(self.which.tolist(), messages, masks, strict=True)):
            pattern = self.patterns[number].pattern
            key = number, mask if is_blind_to_digits(pattern.pattern) else message
            alike = found.get(key)
            if alike is None:
                alike = found[key] = _Alike.of(pattern, message)
            alike.rows.append(row)
            alike.messages.append(message)
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Alike:
    """Messages that differ in digits alone: their groups stand at the same places."""

    places: Mapping[str, slice]
    rows: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, pattern: "re.Pattern[str]", message: str) -> "_Alike":
        """For the messages like this one, none so far."""
        match = pattern.fullmatch(message)
        spans = {name: match.span(name) for name in pattern.groupindex} if match else {}
        return cls({name: slice(*span) for name, span in spans.items() if span[0] >= 0})


def new_packer() -> zstandard.ZstdCompressor:
    """What packs the lines of chunks; making one takes longer than packing one."""
    return zstandard.ZstdCompressor(level=_LEVEL)


@lru_cache(maxsize=4)
def _unpack(packed: bytes) -> list[str]:
    return zstandard.ZstdDecompressor().decompress(packed).decode("utf-8", "backslashreplace").split("\n")

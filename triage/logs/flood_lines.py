"""Keeps thousands of similar log lines in little memory, and reads their named groups when somebody asks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from zstandard import ZstdCompressor, ZstdDecompressor

from triage.logs.blocks import Block
from triage.logs.line_masks import is_blind_to_digits
from triage.logs.prefixes import Prefixes
from triage.logs.scan_backend import Backend, Rows, Taken
from triage.logs.scan_matchers import Terminal
from triage.logs.scanned import FLOODS
from triage.terminals import terminals

_LEVEL = -5
"""zstd's fast range: flood lines are alike."""
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


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of one flood in one block, as columns; ``which`` are the numbers of the terminals that matched."""

    times: NDArray[np.int64]
    lines: NDArray[np.int64]
    pids: NDArray[np.int64]
    which: NDArray[np.int8]
    taken: Taken

    @classmethod
    def of(cls, block: Block, prefixes: Prefixes, matched: Mapping[int, Rows], by: Backend) -> "Part":
        """The rows that each terminal matched, in file order."""
        (number, rows), *others = matched.items()
        which = np.full(len(rows), number, dtype=np.int8)
        if others:
            rows = np.concatenate(list(matched.values()))
            order = np.argsort(rows, kind="stable")
            rows, which = rows[order], np.repeat([*matched], [*map(len, matched.values())])[order].astype(np.int8)
        taken = by.take(block, prefixes, rows)
        return cls(prefixes.times[rows], block.first_line + rows, prefixes.pids[rows], which, taken)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def size(self) -> int:
        """The bytes of the text."""
        return len(self.taken.text)


@dataclass(frozen=True)
class Chunk:
    """The lines of some parts of one flood.

    ``which`` says which of ``patterns`` matched; ``begins`` and ``tails`` are the bytes around the message in a line.
    ``gap`` says that lines are missing between this chunk and the one before.
    """

    times: NDArray[np.int64]
    lines: NDArray[np.int64]
    pids: NDArray[np.int64]
    text: bytes
    packed: bool
    patterns: tuple[Terminal, ...]
    which: NDArray[np.int8]
    begins: NDArray[np.int32]
    tails: NDArray[np.int32]
    gap: bool

    def __len__(self) -> int:
        return len(self.lines)

    @classmethod
    def of(
        cls,
        parts: Sequence[Part],
        patterns: Sequence[Terminal],
        packer: ZstdCompressor | None,
        *,
        gap: bool,
    ) -> "Chunk":
        """The lines of these parts."""
        text = b"\n".join([part.taken.text for part in parts])
        return cls(
            times=np.concatenate([part.times for part in parts]),
            lines=np.concatenate([part.lines for part in parts]),
            pids=np.concatenate([part.pids for part in parts]),
            # A copy: the compressor's own result holds on to a buffer as large as its input.
            text=bytes(memoryview(packer.compress(text))) if packer else text,
            packed=packer is not None,
            patterns=tuple(patterns),
            which=np.concatenate([part.which for part in parts]),
            begins=np.concatenate([part.taken.begins for part in parts]),
            tails=np.concatenate([part.taken.tails for part in parts]),
            gap=gap,
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
        return _lines_of(self.text, self.packed)

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


def new_packer() -> ZstdCompressor:
    """What packs the lines of chunks; making one takes longer than packing one."""
    return ZstdCompressor(level=_LEVEL)


@lru_cache(maxsize=4)
def _lines_of(text: bytes, packed: bool) -> list[str]:
    plain = ZstdDecompressor().decompress(text) if packed else text
    return plain.decode("utf-8", "backslashreplace").split("\n")

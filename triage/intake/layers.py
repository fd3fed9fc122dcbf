"""Layers around a log: each takes chunks of lines and gives back what is inside, told apart by writer."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from typing import Protocol

import numpy as np

from triage.intake.chunk import LONGEST_LINE, Chunk
from triage.records import dataclass


class Opener(Protocol):
    """Opens the chunks of one file in turn; it may keep the first half of a line for the next chunk."""

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """What the lines hold, by writer (``b""`` if the layer does not tell); unknown lines pass as they are."""
        ...

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """What was still waiting for its second half when the file ended."""
        ...


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that was found in a file. ``kind`` tells layers apart; ``name`` is ``None`` for damage, no wrapper."""

    name: str | None
    start: Callable[[], Opener]
    kind: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What one line held. A ``partial`` one goes on in the next piece of the same ``writer`` and ``pipe``."""

    payload: bytes
    writer: bytes = b""
    partial: bool = False
    pipe: bytes = b""


@dataclass(slots=True)
class Pieces:
    """Joins pieces to lines and sorts them by writer."""

    _waiting: dict[tuple[bytes, bytes], tuple[int, list[bytes], int]] = field(default_factory=dict)
    _last: bytes = b""

    def sort(
        self, pieces: Iterable[Piece | None], chunk: Chunk, lines: Sequence[bytes]
    ) -> Iterator[tuple[bytes, Chunk]]:
        """The chunks of all writers; a line that is no piece (``None``) is taken to go on what stands before it."""
        found: dict[bytes, tuple[list[bytes], list[int]]] = {}
        for piece, number, line in zip(pieces, chunk.numbers.tolist(), lines, strict=True):
            if piece is None:
                piece = Piece(line, self._last)
            self._last = piece.writer
            whole = self._joined(piece, number)
            if whole is not None:
                payloads, numbers = found.setdefault(piece.writer, ([], []))
                numbers.append(whole[0])
                payloads.append(whole[1])
        for writer, (payloads, numbers) in found.items():
            yield writer, Chunk.of_payloads(payloads, np.array(numbers, dtype=np.int64))

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """The lines whose last piece never came."""
        for (writer, _), (number, parts, _) in self._waiting.items():
            yield writer, Chunk.of_payloads([b"".join(parts)], np.array([number], dtype=np.int64))
        self._waiting.clear()

    @property
    def waits(self) -> bool:
        """Whether a line is not complete yet."""
        return bool(self._waiting)

    def _joined(self, piece: Piece, number: int) -> tuple[int, bytes] | None:
        key = (piece.writer, piece.pipe)
        if not piece.partial and key not in self._waiting:
            return number, piece.payload
        began, parts, size = self._waiting.pop(key, (number, [], 0))
        parts.append(piece.payload[: max(0, LONGEST_LINE - size)])
        if not piece.partial:
            return began, b"".join(parts)
        self._waiting[key] = (began, parts, size + len(piece.payload))
        return None


@dataclass(slots=True)
class PrefixOpener:
    """Takes a prefix off every line that has it."""

    pattern: "re.Pattern[bytes]"
    _at_line: "re.Pattern[bytes]" = field(init=False)
    _pieces: Pieces = field(default_factory=Pieces)

    def __post_init__(self) -> None:
        # With its first byte fixed, the engine leaps from line to line; `^` it would try at every byte.
        self._at_line = re.compile(b"\n(?:" + self.pattern.pattern + b")")

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The rest of every line."""
        framed = b"\n" + chunk.data[:-1]
        writers = self._only_writer(framed, len(chunk.numbers))
        if writers is None:
            lines = chunk.lines()
            yield from self._pieces.sort(map(self._piece, lines), chunk, lines)
            return
        yield writers, Chunk(self._at_line.sub(b"\n", framed)[1:] + b"\n", chunk.numbers)

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """Pieces without an end."""
        return self._pieces.rest()

    def _only_writer(self, framed: bytes, lines: int) -> bytes | None:
        """The writer of all lines, ``None`` if they must be looked at one by one."""
        groups = self.pattern.groupindex
        if "stream" not in groups and "partial" not in groups:
            return b""
        if self._pieces.waits:
            return None
        found = self._at_line.findall(framed)
        distinct = set(found)
        if len(distinct) != 1 or ("stream" in groups and len(found) != lines):
            return None
        (only,) = distinct
        if "partial" in groups:
            return b"" if only == b"F" else None
        self._pieces._last = only
        return bytes(only)

    def _piece(self, line: bytes) -> Piece | None:
        match = self.pattern.match(line)
        if match is None:
            return None
        groups = match.groupdict(b"")
        return Piece(line[match.end() :], groups.get("stream", b""), groups.get("partial") == b"P")


@dataclass(slots=True)
class LineOpener:
    """Changes the chunk as a whole, line by line: no lines come or go."""

    change: Callable[[bytes], bytes]

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The changed lines."""
        yield b"", Chunk(self.change(chunk.data), chunk.numbers)

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """Nothing ever waits."""
        return iter(())


def prefix_layer(kind: str, pattern: "re.Pattern[bytes]", *, wraps: bool = True) -> Layer:
    """A layer that is a prefix of every line."""
    return Layer(kind if wraps else None, lambda: PrefixOpener(pattern), kind)


def change_layer(kind: str, change: Callable[[bytes], bytes], *, wraps: bool = True) -> Layer:
    """A layer that ``change`` takes off whole lines, several at a time."""
    return Layer(kind if wraps else None, lambda: LineOpener(change), kind)

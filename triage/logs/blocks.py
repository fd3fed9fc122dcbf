"""Cuts a byte stream into blocks of whole lines, and indexes the lines of a block."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BLOCK_BYTES = 4 << 20
LONGEST_LINE = 1 << 20
"""A line without an end within this many bytes keeps only its head."""
PADDING = b"\n" * 128
"""Behind the last line of a block, so that fixed columns can be read at the start of any line."""

_NUL_RUN = re.compile(rb"^\x00+", re.MULTILINE)
_ANSI = re.compile(rb"\x1b\[[0-9;]{0,32}[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: ``data`` is padded; line ``i`` is ``data[starts[i]:ends[i]]``, without its line end (LF or CRLF).

    ``first_line`` is the 1-based number of the first line in the file.
    """

    data: bytes
    first_line: int
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, lines: bytes, first_line: int) -> "Block":
        """The block of ``lines``, which end in a newline."""
        data = lines + PADDING
        octets = np.frombuffer(data, dtype=np.uint8)
        newlines = np.flatnonzero(octets[: len(lines)] == 10)
        starts = np.empty_like(newlines)
        starts[:1] = 0
        starts[1:] = newlines[:-1] + 1
        # At offset 0 this looks at the padding, which is no carriage return.
        return cls(data, first_line, starts, newlines - (octets[newlines - 1] == 13) * (newlines > starts))

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def octets(self) -> NDArray[np.uint8]:
        """The block as an array of bytes."""
        return np.frombuffer(self.data, dtype=np.uint8)

    @property
    def words(self) -> NDArray[np.uint64]:
        """The 8 bytes from every offset on, as little-endian words."""
        return np.ndarray((len(self.data) - 7,), dtype="<u8", buffer=self.data, strides=(1,))

    def text(self, row: int, start: int | None = None) -> str:
        """Line ``row``, or what of it stands from offset ``start`` on."""
        begin = int(self.starts[row]) if start is None else start
        end = min(int(self.ends[row]), begin + LONGEST_LINE)
        return self.data[begin:end].decode("utf-8", "backslashreplace")


@dataclass(slots=True)
class LineBlocks:
    """Iterates over the blocks of a stream; afterwards the counters say what had to be cut or cleaned."""

    chunks: Iterable[bytes]
    consumed: int = 0
    """Bytes taken from the stream so far."""
    cut_lines: int = 0
    nul_bytes: int = 0
    _pending: list[bytes] = field(default_factory=list)

    def __iter__(self) -> Iterator[Block]:
        line = 1
        for lines in self._whole_lines():
            block = Block.of(self._clean(lines), line)
            line += len(block)
            yield block

    def _whole_lines(self) -> Iterator[bytes]:
        rest = b""
        for data in self._gathered():
            if len(rest) <= LONGEST_LINE:
                data = rest + data
            elif (end := data.find(b"\n")) >= 0:
                self.cut_lines += 1
                data = rest[:LONGEST_LINE] + data[end:]
            else:
                continue
            cut = data.rfind(b"\n") + 1
            if cut:
                yield data[:cut]
            rest = self._head_of(data[cut:])
        if rest:
            self.cut_lines += len(rest) > LONGEST_LINE
            yield rest[:LONGEST_LINE] + b"\n"

    def _head_of(self, unfinished: bytes) -> bytes:
        """What is kept of a line whose end has not come yet; one byte too many says that it is too long."""
        if len(unfinished) <= LONGEST_LINE:
            return unfinished
        stripped = unfinished.lstrip(b"\0")
        self.nul_bytes += len(unfinished) - len(stripped)
        return stripped[: LONGEST_LINE + 1]

    def _gathered(self) -> Iterator[bytes]:
        parts: list[bytes] = []
        size = 0
        for chunk in self.chunks:
            self.consumed += len(chunk)
            for at in range(0, len(chunk), BLOCK_BYTES):
                parts.append(chunk[at : at + BLOCK_BYTES])
                size += len(parts[-1])
                if size >= BLOCK_BYTES:
                    yield b"".join(parts)
                    parts, size = [], 0
        if parts:
            yield b"".join(parts)

    def _clean(self, lines: bytes) -> bytes:
        if b"\0" in lines:
            cleaned = _NUL_RUN.sub(b"", lines)
            self.nul_bytes += len(lines) - len(cleaned)
            lines = cleaned
        if b"\x1b" in lines:
            lines = _ANSI.sub(b"", lines)
        return lines

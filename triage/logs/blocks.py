"""Cuts a byte stream into blocks of whole lines, and indexes the lines of a block."""

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from triage.logs.scan_backend import Backend, backend

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
    def of(cls, lines: bytes, first_line: int, by: Backend | None = None) -> "Block":
        """The block of ``lines``, which end in a newline."""
        return cls.padded(lines + PADDING, first_line, by or backend())

    @classmethod
    def padded(cls, data: bytes, first_line: int, by: Backend) -> "Block":
        """The block of ``data``: lines with ``PADDING`` behind them."""
        return cls(data, first_line, *by.split(data, len(data) - len(PADDING)))

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
    by: Backend = field(default_factory=backend)
    share: int = 1
    """Blocks are so much smaller: what is kept of a log is kept by blocks."""

    def __iter__(self) -> Iterator[Block]:
        line = 1
        for data in self._padded():
            block = Block.padded(self._clean(data), line, self.by)
            line += len(block)
            yield block

    def _padded(self) -> Iterator[bytes]:
        """Whole lines with padding, about ``BLOCK_BYTES`` at a time."""
        rest, parts, size = b"", list[bytes](), 0
        for piece in self._pieces():
            parts.append(piece)
            size += len(piece)
            if size >= BLOCK_BYTES // self.share:
                rest = yield from self._whole_lines(rest, parts)
                parts, size = [], 0
        rest = yield from self._whole_lines(rest, parts)
        if rest:
            self.cut_lines += len(rest) > LONGEST_LINE
            yield rest[:LONGEST_LINE] + b"\n" + PADDING

    def _pieces(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.consumed += len(chunk)
            most = BLOCK_BYTES // self.share
            if len(chunk) <= most:
                yield chunk
                continue
            for at in range(0, len(chunk), most):
                yield chunk[at : at + most]

    def _whole_lines(self, rest: bytes, parts: list[bytes]) -> Generator[bytes, None, bytes]:
        """The lines that end in ``parts``, the first of which began with ``rest``; returns what is left over."""
        if len(rest) > LONGEST_LINE:
            parts = [b"".join(parts)]
            end = parts[0].find(b"\n")
            if end < 0:
                return rest
            self.cut_lines += 1
            rest, parts = rest[:LONGEST_LINE], [parts[0][end:]]
        for at, part in reversed(list(enumerate(parts))):
            cut = part.rfind(b"\n") + 1
            if cut:
                # One copy of each byte: this is the most that the scan does to most of them.
                yield b"".join((rest, *parts[:at], memoryview(part)[:cut], PADDING))
                return self._head_of(b"".join((part[cut:], *parts[at + 1 :])))
        return self._head_of(b"".join((rest, *parts)))

    def _head_of(self, unfinished: bytes) -> bytes:
        """What is kept of a line whose end has not come yet; one byte too many says that it is too long."""
        if len(unfinished) <= LONGEST_LINE:
            return unfinished
        stripped = unfinished.lstrip(b"\0")
        self.nul_bytes += len(unfinished) - len(stripped)
        return stripped[: LONGEST_LINE + 1]

    def _clean(self, lines: bytes) -> bytes:
        if b"\0" in lines:
            cleaned = _NUL_RUN.sub(b"", lines)
            self.nul_bytes += len(lines) - len(cleaned)
            lines = cleaned
        if b"\x1b" in lines:
            lines = _ANSI.sub(b"", lines)
        return lines

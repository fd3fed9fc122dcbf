"""Cuts a byte stream into blocks of whole lines, and indexes the lines of a block."""

import re
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from triage.logs.scan_backend import Backend, backend
from triage.patterns import compiled
from triage.records import dataclass

BLOCK_BYTES = 2 << 20
WINDOW_BYTES = 4 << 20
"""Larger blocks are a little faster; those of streams, which are joined from pieces, take more memory."""
LONGEST_LINE = 1 << 20
"""A line without an end within this many bytes keeps only its head."""
PADDING = b"\n" * 128
"""Behind the last line of a block, so that fixed columns can be read at the start of any line."""

_NUL_RUN = compiled(rb"^\x00+", re.MULTILINE)
_ANSI = compiled(rb"\x1b\[[0-9;]{0,32}[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: line ``i`` is ``data[starts[i]:ends[i]]``, without its line end (LF or CRLF).

    ``data`` goes on for ``len(PADDING)`` bytes at least behind the last line. ``first_line`` is the 1-based number of
    the first line in the file.
    """

    data: bytes
    first_line: int
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, lines: bytes, first_line: int, by: Backend | None = None) -> "Block":
        """The block of ``lines``, which end in a newline."""
        data = lines + PADDING
        return cls(data, first_line, *(by or backend()).split(data, len(lines)))

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


Window = tuple[bytes, int]
"""Bytes of which the first ones, so many, are whole lines; ``len(PADDING)`` or more stand behind them."""


@dataclass(slots=True)
class Blocks(ABC):
    """Iterates over the blocks of a log; afterwards the counters say what had to be cut or cleaned."""

    by: Backend = field(default_factory=backend, kw_only=True)
    consumed: int = field(default=0, kw_only=True)
    """Bytes taken so far."""
    cut_lines: int = field(default=0, kw_only=True)
    nul_bytes: int = field(default=0, kw_only=True)
    share: int = field(default=1, kw_only=True)
    """How many logs have the room together: what is kept of one is kept by blocks, and these are so much smaller."""

    def __iter__(self) -> Iterator[Block]:
        line = 1
        for window in self._windows():
            data, size = self._clean(*window)
            block = Block(data, line, *self.by.split(data, size))
            line += len(block)
            yield block

    @abstractmethod
    def _windows(self) -> Iterator[Window]:
        """About ``BLOCK_BYTES`` at a time."""

    def _clean(self, data: bytes, size: int) -> Window:
        if b"\0" in data:
            cleaned = _NUL_RUN.sub(b"", data[:size])
            self.nul_bytes += size - len(cleaned)
            data, size = cleaned + PADDING, len(cleaned)
        if b"\x1b" in data:
            cleaned = _ANSI.sub(b"", data[:size])
            data, size = cleaned + PADDING, len(cleaned)
        return data, size


@dataclass(slots=True)
class WindowBlocks(Blocks):
    """The blocks of a file that is read in overlapping pieces, so that nothing need be copied to have room behind it.

    Nothing need stand behind the last line of the file, not even a newline.
    """

    windows: Iterable[Window]

    def _windows(self) -> Iterator[Window]:
        for data, size in self.windows:
            self.consumed += size
            if len(data) - size >= len(PADDING):
                yield data, size
                continue
            lines = data[:size] if data.endswith(b"\n", 0, size) else data[:size] + b"\n"
            yield lines + PADDING, len(lines)


@dataclass(slots=True)
class LineBlocks(Blocks):
    """The blocks of a stream that comes in any chunks."""

    chunks: Iterable[bytes]

    def _windows(self) -> Iterator[Window]:
        for data in self._padded():
            yield data, len(data) - len(PADDING)

    def _padded(self) -> Iterator[bytes]:
        """Whole lines with padding."""
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

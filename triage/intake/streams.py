"""Undoes compression, recognised by magic bytes, with limits that a decompression bomb runs into."""

import bz2
import lzma
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import Any, Protocol

import zstandard
from isal import isal_zlib
from isal.igzip_lib import IsalError

from triage.model import Problem
from triage.records import dataclass

FEED_BYTES = 2 << 10
"""Compressed bytes are fed in such small pieces that damage costs little of what came before it."""
LEAST_FED_BYTES = 64
OUTPUT_BYTES = 1 << 20
LARGE_OUTPUT = 4 << 20
"""Where one feeding gives more, less is fed: of a run of one letter two kilobytes hold dozens of megabytes."""
MOST_MEMORY = 256 << 20
MOST_OUTPUT = 64 << 30
SUSPICIOUS_OUTPUT = 1 << 30
SUSPICIOUS_RATIO = 500
"""Beyond ``SUSPICIOUS_OUTPUT`` bytes, a stream that grew by this factor is taken for a bomb: logs grow by 5 to 50."""

_GZIP_WINDOW = 31
# isal declares its error as an instance.
_DAMAGE: Any = (OSError, EOFError, ValueError, lzma.LZMAError, zstandard.ZstdError, IsalError)


class Decompressor(Protocol):
    """The streaming decompressors of isal, zstandard, lzma and bz2 have this in common."""

    @property
    def eof(self) -> bool:
        """Whether the compressed stream is at its end."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was fed beyond that end."""
        ...

    def decompress(self, data: bytes, /) -> bytes:
        """Feed compressed bytes, get plain ones."""
        ...


@dataclass(frozen=True, slots=True)
class Compression:
    """A way to compress, by its first bytes."""

    name: str
    magic: bytes
    start: Callable[[], Decompressor]


def _zstd() -> Decompressor:
    return zstandard.ZstdDecompressor(max_window_size=MOST_MEMORY).decompressobj()


COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b\x08", lambda: isal_zlib.decompressobj(_GZIP_WINDOW)),
    Compression("zstd", b"\x28\xb5\x2f\xfd", _zstd),
    Compression("xz", b"\xfd7zXZ\x00", lambda: lzma.LZMADecompressor(memlimit=MOST_MEMORY)),
    Compression("bzip2", b"BZh", bz2.BZ2Decompressor),
)


def compression_of(head: bytes) -> Compression | None:
    """The compression of a file that begins with ``head``, or ``None`` for a plain one."""
    return next((known for known in COMPRESSIONS if head.startswith(known.magic)), None)


@dataclass(slots=True)
class Decompressed:
    """The plain bytes of a compressed stream, as far as they can be had; ``problems`` says why they end early."""

    compression: Compression
    chunks: Iterable[bytes]
    problems: list[Problem] = field(default_factory=list)
    read: int = 0
    written: int = 0
    _feed: int = FEED_BYTES

    def __iter__(self) -> Iterator[bytes]:
        parts: list[bytes] = []
        size = 0
        for part in self._pieces():
            parts.append(part)
            size += len(part)
            if size >= OUTPUT_BYTES:
                yield b"".join(parts)
                parts, size = [], 0
        if parts:
            yield b"".join(parts)

    def _pieces(self) -> Iterator[bytes]:
        decompressor: Decompressor | None = None
        for piece in self._fed():
            while piece:
                decompressor = decompressor or self.compression.start()
                try:
                    plain = decompressor.decompress(piece)
                except _DAMAGE as error:
                    self._note(f"is damaged ({error})")
                    return
                self.written += len(plain)
                if len(plain) > LARGE_OUTPUT:
                    self._feed = max(LEAST_FED_BYTES, self._feed // 4)
                if plain:
                    yield plain
                if self._is_bomb():
                    self._note("grows beyond all measure: it looks like a decompression bomb")
                    return
                piece = b""
                if decompressor.eof:
                    # Another member or frame may follow; zeros are padding (tape blocks, xz).
                    piece = decompressor.unused_data.lstrip(b"\0")
                    decompressor = None
        if decompressor is not None:
            self._note("ends too early")

    def _fed(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            at = 0
            while at < len(chunk):
                piece = chunk[at : at + self._feed]
                at += len(piece)
                self.read += len(piece)
                yield piece

    def _is_bomb(self) -> bool:
        suspicious = self.written > SUSPICIOUS_OUTPUT and self.written > SUSPICIOUS_RATIO * self.read
        return suspicious or self.written > MOST_OUTPUT

    def _note(self, what: str) -> None:
        message = f"the {self.compression.name} data {what}; read up to byte {self.written} of its content"
        self.problems.append(Problem(message, "Copy the file again from where it was written."))

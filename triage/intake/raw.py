"""Where the bytes of an input come from: a file or a part of one, or a stream."""

import os
from collections.abc import Iterator
from itertools import chain
from typing import IO, Protocol

from triage.intake.sniff import SNIFFED_BYTES
from triage.model import Problem
from triage.records import dataclass

CHUNK_BYTES = 1 << 20
_NEAR = 4 << 10


class Raw(Protocol):
    """The bytes of an input as they were given."""

    head: bytes

    @property
    def size(self) -> int | None:
        """How many there are; ``None`` for a stream until it has been read to its end."""
        ...

    def chunks(self, problems: list[Problem]) -> Iterator[bytes]:
        """All of them, from the first on; what goes wrong is added to ``problems``."""
        ...


@dataclass(slots=True)
class File:
    """A regular file, or ``size`` bytes from ``offset`` on; read up to the size that it had when it was opened."""

    path: str
    size: int
    offset: int = 0
    head: bytes = b""

    def chunks(self, problems: list[Problem]) -> Iterator[bytes]:
        """The file's bytes, cut at ends of lines; it is opened anew for every reading."""
        at = 0
        try:
            with open(self.path, "rb", buffering=0) as file:
                file.seek(self.offset)
                while at < self.size and (chunk := file.read(_to_line_end(file, min(self.size - at, CHUNK_BYTES)))):
                    at += len(chunk)
                    yield chunk
        except OSError as error:
            problems.append(self._failed(at, error))
            return
        if at < self.size:
            problems.append(self._failed(at))

    def windows(self, size: int, behind: int, problems: list[Problem]) -> Iterator[tuple[bytes, int]]:
        """The file in pieces of ``size`` bytes with how many of them are whole lines that no piece before had.

        ``behind`` bytes or more follow these, but in the last piece, which is whole. Where no line ends, it stops.
        """
        at, whole = 0, 1
        try:
            with open(self.path, "rb", buffering=0) as file:
                while at < self.size and whole:
                    file.seek(self.offset + at)
                    piece = file.read(min(size, self.size - at))
                    if not piece:
                        break
                    last = at + len(piece) == self.size
                    whole = len(piece) if last else piece.rfind(b"\n", 0, len(piece) - behind) + 1
                    at += whole
                    yield piece, whole
        except OSError as error:
            problems.append(self._failed(at, error))
            return
        if at < self.size and whole:
            problems.append(self._failed(at))

    def _failed(self, at: int, error: OSError | None = None) -> Problem:
        if isinstance(error, FileNotFoundError):
            return Problem("the file vanished before it was read", "Copy it first; rotation may have moved it.")
        if error is not None:
            return Problem(f"reading stopped at byte {at}: {reason(error)}")
        return Problem(f"the file shrank while it was read: {self.size - at} bytes are missing")

    def between(self, start: int, end: int) -> "File":
        """The bytes from ``start`` up to ``end``."""
        with open(self.path, "rb", buffering=0) as file:
            file.seek(self.offset + start)
            head = file.read(min(end - start, SNIFFED_BYTES))
        return File(self.path, end - start, self.offset + start, head)

    def last(self, size: int) -> "File":
        """The last ``size`` bytes but for the line that is cut there, if it ends within ``CHUNK_BYTES``."""
        start = self.offset + self.size - size
        with open(self.path, "rb", buffering=0) as file:
            file.seek(start)
            begin = file.read(min(size, CHUNK_BYTES))
        cut = begin.find(b"\n") + 1
        return File(self.path, size - cut, start + cut, begin[cut : cut + SNIFFED_BYTES])


class Stream:
    """Standard input, a pipe or a device: can be read once; its head is read at once to see what it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._taken = 0
        self.size: int | None = None
        self.head = b""
        while len(self.head) < SNIFFED_BYTES and (chunk := file.read(SNIFFED_BYTES - len(self.head))):
            self.head += chunk

    def chunks(self, problems: list[Problem]) -> Iterator[bytes]:
        """All of the stream, once."""
        try:
            for chunk in chain((self.head,), iter(lambda: self._file.read(CHUNK_BYTES), b"")):
                self._taken += len(chunk)
                yield chunk
        except OSError as error:
            problems.append(Problem(f"reading stopped at byte {self._taken}: {reason(error)}"))
        self.size = self._taken


def _to_line_end(file: IO[bytes], size: int) -> int:
    """How many of the next ``size`` bytes end with a line, so that nobody need copy them; all where no line ends."""
    if size < CHUNK_BYTES:
        return size
    near = os.pread(file.fileno(), _NEAR, file.tell() + size - _NEAR)
    cut = near.rfind(b"\n") + 1
    return size - _NEAR + cut if cut else size


def reason(error: Exception) -> str:
    """What an error says, without the path that the user knows already."""
    return getattr(error, "strerror", None) or str(error)

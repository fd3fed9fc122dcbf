"""An input of a case: opened, recognised, and read as one stream of plain bytes."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import IO

from triage.intake.sniff import SNIFFED_BYTES, kind_of
from triage.intake.streams import Compression, Decompressed, compression_of
from triage.model import Problem, TriageError

STANDARD_INPUT = "-"
_CHUNK_BYTES = 1 << 20

Octets = bytes
"""What a source consists of, under a name that its field ``bytes`` does not hide."""


@dataclass(slots=True)
class Source:
    """One input. ``kind`` is ``log``, ``core``, ``binary``, ``config`` or ``unknown``.

    ``bytes`` is the size as given (compressed); ``None`` for a stream until it has been read to its end. A file can
    be read as often as one likes, a stream once. What goes wrong while reading ends the blocks and is noted.
    """

    name: str
    kind: str
    bytes: int | None
    _head: Octets
    _raw: "_File | _Stream"
    _compression: Compression | None
    _problems: list[Problem] = field(default_factory=list)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was damaged or cut, as far as the source has been read."""
        return tuple(self._problems)

    def head(self) -> tuple[Octets, ...]:
        """The first decompressed bytes (at most 64 KiB), without using anything up."""
        return (self._head,)

    def blocks(self) -> Iterator[Octets]:
        """The decompressed bytes, in chunks of about 1 MiB."""
        self._problems.clear()
        raw = self._raw.chunks(self._problems)
        yield from raw if self._compression is None else Decompressed(self._compression, raw, self._problems)
        if isinstance(self._raw, _Stream):
            self.bytes = self._raw.taken


def open_inputs(paths: Sequence[str]) -> list[Source]:
    """The inputs at ``paths``; ``-`` is standard input.

    Raises ``TriageError`` for a path that is missing, a directory, unreadable or empty.
    """
    return [_open(path) for path in paths]


def _open(path: str) -> Source:
    if path == STANDARD_INPUT:
        return _sniffed("standard input", _Stream(sys.stdin.buffer))
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise TriageError(f"{path} is a directory", "Name the log inside it.")
        file: IO[bytes] = open(path, "rb", buffering=0)  # noqa: SIM115 - a stream stays open until it is read
        # Files of procfs say that they have no bytes.
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            return _sniffed(path, _Stream(file))
        with file:
            raw = _File(path, os.fstat(file.fileno()).st_size)
            raw.head = file.read(min(SNIFFED_BYTES, raw.size)) or b""
        return _sniffed(path, raw)
    except FileNotFoundError as error:
        raise TriageError(f"{path}: no such file", "Check the path; CONFIG GET logfile says where it is.") from error
    except PermissionError as error:
        raise TriageError(
            f"{path}: no permission to read it", "Copy it as its owner, or run as a user who may."
        ) from error
    except (OSError, ValueError) as error:
        raise TriageError(
            f"{path} cannot be read: {_reason(error)}", "Copy the file to a healthy disk first."
        ) from error


def _sniffed(name: str, raw: "_File | _Stream") -> Source:
    compression = compression_of(raw.head)
    head = raw.head if compression is None else _decompressed_head(compression, raw.head)
    if not raw.head:
        raise TriageError(
            f"{name} is empty", "Does the server log elsewhere (syslog, another file, a container's output)?"
        )
    if not head and isinstance(raw, _File) and raw.size <= len(raw.head):
        raise TriageError(f"{name} holds nothing once decompressed", "Copy the file again from where it was written.")
    size = raw.size if isinstance(raw, _File) else None
    return Source(name, kind_of(head), size, head, raw, compression)


def _decompressed_head(compression: Compression, head: bytes) -> bytes:
    found = b""
    for block in Decompressed(compression, (head,)):
        found += block
        if len(found) >= SNIFFED_BYTES:
            break
    return found[:SNIFFED_BYTES]


@dataclass(slots=True)
class _File:
    """A regular file, read up to the size that it had when it was first opened."""

    path: str
    size: int
    head: bytes = b""

    def chunks(self, problems: list[Problem]) -> Iterator[bytes]:
        """The file's bytes; it is opened anew for every reading."""
        left = self.size
        try:
            with open(self.path, "rb", buffering=0) as file:
                while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
                    left -= len(chunk)
                    yield chunk
        except FileNotFoundError:
            problems.append(
                Problem("the file vanished before it was read", "Copy it first; rotation may have moved it.")
            )
            return
        except OSError as error:
            problems.append(Problem(f"reading stopped at byte {self.size - left}: {_reason(error)}"))
            return
        if left:
            problems.append(Problem(f"the file shrank while it was read: {left} bytes are missing"))


class _Stream:
    """Standard input, a pipe or a device: can be read once; its head is read at once to see what it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.taken = 0
        self.head = b""
        while len(self.head) < SNIFFED_BYTES and (chunk := file.read(SNIFFED_BYTES - len(self.head))):
            self.head += chunk

    def chunks(self, problems: list[Problem]) -> Iterator[bytes]:
        """All of the stream, once."""
        try:
            for chunk in chain((self.head,), iter(lambda: self._file.read(_CHUNK_BYTES), b"")):
                self.taken += len(chunk)
                yield chunk
        except OSError as error:
            problems.append(Problem(f"reading stopped at byte {self.taken}: {_reason(error)}"))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

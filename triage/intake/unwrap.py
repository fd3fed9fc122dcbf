"""Takes the server's own lines out of what a runtime, a log daemon or a person put around them.

A file may hold several wrapped writers (two services of one compose file): each becomes a log of its own. Wrappers
may be nested (a quoted ``kubectl logs``), and plain lines may stand between wrapped ones: they pass as they are.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from triage.intake.backwards import Backwards
from triage.intake.chunk import Chunk, chunked
from triage.intake.layers import Layer, Opener
from triage.intake.line_map import LineMap
from triage.intake.recognise import LOOKED_AT, layers_of, opened
from triage.intake.rotation import Log
from triage.intake.samples import samples
from triage.intake.source import Source
from triage.intake.stamps import newest_first
from triage.records import dataclass

MOST_WRITERS = 64
"""Further writers of one file are read together with its first one."""
_READ = 1 << 20


@dataclass(slots=True)
class Stream:
    """One writer's lines in one log. Reading the first stream of a log finds the others.

    ``writer`` tells it apart from the others, if there are any. ``wrapper`` is the outermost one: ``None`` for a
    plain log, and while nothing has been read. ``writers`` is how many there are, as far as they are known when this
    one is read.
    """

    log: Log
    _file: Log | Backwards
    _parts: Iterable[bytes]
    lines: LineMap = field(default_factory=LineMap)
    writer: str | None = None
    wrapper: str | None = None
    writers: int = 1

    @property
    def name(self) -> str:
        """The log's name, with the writer's."""
        return self.label(self.log.parts[0])

    def blocks(self) -> Iterator[bytes]:
        """The unwrapped bytes, once."""
        yield from self._parts

    @property
    def moved(self) -> bool:
        """Whether wrapped lines stand elsewhere in the file."""
        return not self.lines.is_identity

    @property
    def rearranged(self) -> bool:
        """Whether the lines were read in another order than that of one file."""
        return isinstance(self._file, Backwards) or len(self.log.parts) > 1

    def original_lines(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers that unwrapped ``lines`` have in what was read: see ``place`` where that was rearranged."""
        return self.lines.original(lines)

    def place(self, line: int) -> tuple[str, int]:
        """Which part of a rearranged log holds a line, and the line's number there."""
        part, number = self._file.place(line)
        return self.label(part), number

    def label(self, part: Source) -> str:
        """What to call this writer's share of a part."""
        return part.name if self.writer is None else f"{part.name} [{self.writer}]"


def unwrap(log: Log) -> Iterator[Stream]:
    """The logs of all writers in a file. Each must be read before the next is asked for."""
    unwrapping = _Unwrapping(log)
    yield unwrapping.first
    yield from unwrapping.others()


@dataclass(slots=True)
class _Writer:
    """A writer other than the first: its lines wait in an unnamed temporary file until the first has been read."""

    spool: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    lines: LineMap = field(default_factory=LineMap)

    def parts(self) -> Iterator[bytes]:
        self.spool.seek(0)
        yield from iter(lambda: self.spool.read(_READ), b"")
        self.spool.close()


class _Unwrapping:
    """One reading of a file."""

    def __init__(self, log: Log) -> None:
        backwards = len(log.parts) == 1 and newest_first(log.head())
        self._log = log
        self._file = Backwards(log) if backwards else log
        self._layers: list[Layer] = []
        self._openers: dict[tuple[tuple[bytes, ...], int], Opener] = {}
        self._main: tuple[bytes, ...] | None = None
        self._writers: dict[tuple[bytes, ...], _Writer] = {}
        self.first = Stream(log, self._file, self._first_parts())

    def others(self) -> Iterator[Stream]:
        """The logs of the writers that were found besides the first."""
        count = 1 + len(self._writers)
        for writer, waiting in self._writers.items():
            name = _written_by(writer)
            yield Stream(self._log, self._file, waiting.parts(), waiting.lines, name, self._wrapper, count)

    @property
    def _wrapper(self) -> str | None:
        return next((layer.name for layer in self._layers if layer.name), None)

    def _first_parts(self) -> Iterator[bytes]:
        for chunk in chunked(self._file.blocks()):
            self._look_at(chunk)
            yield from self._sorted(self._open((), chunk, 0))
        yield from self._sorted(self._rest())
        self.first.wrapper = self._wrapper
        if self._writers and self._main is not None:
            self.first.writer = _written_by(self._main)

    def _sorted(self, parts: Iterable[tuple[tuple[bytes, ...], Chunk]]) -> Iterator[bytes]:
        """The first writer's lines; those of the others are put aside."""
        for writer, chunk in parts:
            if not len(chunk.places):
                continue
            # Where one wrapper follows another in a file, both may name the same host or container.
            writer = tuple(dict.fromkeys(part for part in writer if part))
            if writer and not self._main:
                self._main = writer
            if writer in ((), self._main) or (writer not in self._writers and len(self._writers) == MOST_WRITERS):
                self.first.lines.add(chunk.places)
                yield chunk.data
                continue
            waiting = self._writers.setdefault(writer, _Writer())
            waiting.lines.add(chunk.places)
            waiting.spool.write(chunk.data)

    def _open(self, writer: tuple[bytes, ...], chunk: Chunk, depth: int) -> Iterator[tuple[tuple[bytes, ...], Chunk]]:
        if not chunk.data:
            return
        if depth == len(self._layers):
            yield writer, chunk
            return
        for inner, part in self._opener(writer, depth).open(chunk):
            yield from self._open((*writer, inner), part, depth + 1)

    def _rest(self) -> Iterator[tuple[tuple[bytes, ...], Chunk]]:
        for (writer, depth), opener in sorted(self._openers.items(), key=lambda item: item[0][1]):
            for inner, part in opener.rest():
                yield from self._open((*writer, inner), part, depth + 1)

    def _opener(self, writer: tuple[bytes, ...], depth: int) -> Opener:
        key = (writer, depth)
        if key not in self._openers:
            self._openers[key] = self._layers[depth].start()
        return self._openers[key]

    def _look_at(self, chunk: Chunk) -> None:
        """Find out whether there is something around these lines that has not been found before."""
        begin = 0
        if chunk.places[0] == 1:
            begin = chunk.data.rfind(b"\n", 0, LOOKED_AT) + 1
            self._look_into(chunk.data[:begin])
        for sample in samples(chunk.data, begin, len(chunk.data)):
            self._look_into(sample)

    def _look_into(self, sample: bytes) -> None:
        for layer in self._layers:
            sample = opened(layer, sample)
        self._layers += layers_of(sample)


def _written_by(writer: tuple[bytes, ...]) -> str:
    return b" ".join(writer).decode("utf-8", "backslashreplace")

"""Takes the server's own lines out of what a runtime, a log daemon or a person put around them.

A file may hold several wrapped streams (two services of one compose file): each becomes a log of its own. Wrappers
may be nested (a quoted ``kubectl logs``), and plain lines may stand between wrapped ones: they pass as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from triage.intake.line_map import LineMap
from triage.intake.source import Source
from triage.intake.wrappers import Piece, Wrapper, recognise

SAMPLE_LINES = 400
DEEPEST = 3
LONGEST_JOINED = 1 << 20
"""Pieces of one line are joined up to this many bytes."""

NumberedLine = tuple[int, bytes]


@dataclass(slots=True)
class Stream:
    """One server's lines in one file.

    ``wrapper`` names what was taken off, outermost first, joined by ``+``; ``None`` if nothing was.
    """

    name: str
    source: Source
    layers: tuple[Wrapper, ...] = ()
    key: bytes | None = None
    others: frozenset[bytes] | None = None
    lines: LineMap = field(default_factory=LineMap)

    @property
    def wrapper(self) -> str | None:
        """The wrappers' names, or ``None``."""
        return "+".join(layer.name for layer in self.layers) or None

    def blocks(self) -> Iterator[bytes]:
        """The unwrapped bytes; for an unwrapped file the source's own blocks, untouched."""
        if not self.layers:
            yield from self.source.blocks()
            return
        self.lines = LineMap()
        numbered: Iterable[NumberedLine] = enumerate(_lines(self.source.blocks()), 1)
        for depth, layer in enumerate(self.layers):
            numbered = self._opened(numbered, layer, first=depth == 0)
        while batch := list(islice(numbered, 8192)):
            for number, _ in batch:
                self.lines.add(number)
            yield b"".join(line + b"\n" for _, line in batch)

    def original_lines(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers that unwrapped ``lines`` have in the file."""
        return self.lines.original(lines)

    def _opened(self, numbered: Iterable[NumberedLine], layer: Wrapper, first: bool) -> Iterator[NumberedLine]:
        pending: dict[bytes, tuple[int, bytes]] = {}
        for number, line in numbered:
            piece = layer.open(line) or Piece(line)
            if first and not self._mine(piece.stream):
                continue
            began, head = pending.pop(piece.stream, (number, b""))
            whole = head + piece.payload if len(head) < LONGEST_JOINED else head
            if piece.partial:
                pending[piece.stream] = (began, whole)
                continue
            for part in whole.split(b"\n"):
                yield began, part
        for began, rest in pending.values():
            yield began, rest

    def _mine(self, stream: bytes) -> bool:
        if self.key is None or stream == self.key:
            return True
        return self.others is not None and stream not in self.others


def unwrap(source: Source) -> list[Stream]:
    """The streams of a log file: one, or one per writer if several servers share a wrapped file."""
    sample = list(islice(_lines(source.head()), SAMPLE_LINES))
    layers: list[Wrapper] = []
    streams: dict[bytes, None] = {}
    lines = sample
    while len(layers) < DEEPEST and (found := recognise(lines)) is not None:
        pieces = [found.open(line) or Piece(line) for line in lines]
        if not layers:
            streams = dict.fromkeys(piece.stream for piece in pieces if piece.stream not in (b"stdout", b"stderr"))
        layers.append(found)
        lines = [piece.payload for piece in pieces]
    named = [stream for stream in streams if stream]
    if len(named) < 2:
        return [Stream(source.name, source, tuple(layers))]
    return [_share(source, tuple(layers), key, named) for key in named]


def _share(source: Source, layers: tuple[Wrapper, ...], key: bytes, named: list[bytes]) -> Stream:
    # Writers that the sample did not show go to the first stream, so that no line is lost.
    others = frozenset(named) if key == named[0] else None
    label = f"{source.name} [{key.decode('utf-8', 'backslashreplace')}]"
    return Stream(label, source, layers, key=key, others=others)


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Physical lines without their ends; an unfinished line longer than ``LONGEST_JOINED`` is cut there."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
        rest = rest[:LONGEST_JOINED]
    if rest:
        yield rest

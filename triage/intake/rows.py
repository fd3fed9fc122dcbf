"""Layers that hold a line of the log in some of their own lines, and nothing of it in the others."""

from collections.abc import Callable, Iterator

import numpy as np

from triage.intake.chunk import Chunk
from triage.intake.layers import Layer
from triage.records import dataclass

Read = Callable[[bytes], bytes | None]
"""The log's line in a line of the layer; ``None`` if it holds nothing of it."""


def row_layer(name: str, start: Callable[[], Read]) -> Layer:
    """The layer whose lines are read, in their order, by what ``start`` gives for each file."""
    return Layer(name, lambda: _RowOpener(start()), name)


@dataclass(slots=True)
class _RowOpener:
    read: Read

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The log's lines, each with the number of the layer's line that holds it."""
        found = [(row, text) for row, line in enumerate(chunk.lines()) if (text := self.read(line)) is not None]
        rows = np.array([row for row, _ in found], dtype=np.int64)
        yield b"", Chunk.of_payloads([text for _, text in found], chunk.numbers[rows])

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """Nothing ever waits."""
        return iter(())

"""Reads a log whose newest line comes first from its end to its beginning."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from triage.intake.rotation import Log
from triage.intake.source import Source
from triage.records import dataclass

_READ = 1 << 20
_LONGEST = 4 << 20
"""A line that is longer is cut in pieces of this size."""


@dataclass(slots=True)
class Backwards:
    """A log of one part, its last line first."""

    log: Log
    _lines: int = 0

    @property
    def name(self) -> str:
        """The log's own."""
        return self.log.name

    def blocks(self) -> Iterator[bytes]:
        """Whole lines, from the last one of the file to the first."""
        self._lines = 0
        with ExitStack() as stack:
            path = stack.enter_context(self.log.parts[0].local_path())
            for block in _lines_from_the_end(path):
                self._lines += block.count(b"\n")
                yield block

    def place(self, line: int) -> tuple[Source, int]:
        """The source and the number that a line has there, as far as it has been read."""
        return self.log.parts[0], self._lines + 1 - line


def _lines_from_the_end(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        end = file.seek(0, 2)
        rest = b""
        while end:
            start = max(0, end - _READ)
            file.seek(start)
            data = file.read(end - start) + rest
            end = start
            cut = data.find(b"\n") + 1 if start and len(data) <= _LONGEST else 0
            if not cut and start and len(data) <= _LONGEST:
                rest = data
                continue
            rest, whole = data[:cut], data[cut:]
            if whole:
                yield b"\n".join(reversed(whole.removesuffix(b"\n").split(b"\n"))) + b"\n"
        if rest:
            yield rest.removesuffix(b"\n") + b"\n"

"""Several files in one text, each under ``==> its name <==``, as ``tail`` and ``head`` print them."""

import re
from collections.abc import Iterator

import numpy as np

from triage.intake.chunk import Chunk
from triage.intake.layers import Layer
from triage.patterns import compiled
from triage.records import dataclass

_HEADING = compiled(rb"==> (\S[^\n]{0,400}) <==\r?")
_AT_LINE = compiled(rb"^" + _HEADING.pattern + rb"$", re.MULTILINE)


def under_headings(data: bytes) -> Layer | None:
    """The layer, if there is a heading."""
    at_line = data.startswith(b"==> ") or b"\n==> " in data
    return Layer("tail", _Sections, "tail") if at_line and _AT_LINE.search(data) else None


@dataclass(slots=True)
class _Sections:
    _file: bytes = b""

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The lines of each file; ``tail -f`` comes back to it under a further heading."""
        found: dict[bytes, tuple[list[bytes], list[int]]] = {}
        for line, number in zip(chunk.lines(), chunk.numbers.tolist(), strict=True):
            heading = _HEADING.fullmatch(line)
            lines, numbers = found.setdefault(self._file, ([], []))
            if heading is None:
                lines.append(line)
                numbers.append(number)
                continue
            if lines and not lines[-1].strip():
                # A blank line stands before every heading but the first.
                lines.pop()
                numbers.pop()
            self._file = heading[1]
        for file, (lines, numbers) in found.items():
            yield file, Chunk.of_payloads(lines, np.array(numbers, dtype=np.int64))

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """Nothing ever waits."""
        return iter(())

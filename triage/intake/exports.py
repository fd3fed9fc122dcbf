"""Exports of log stores that hold a line in a row of a table, or in a few lines of indented JSON."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from triage.intake.chunk import Chunk
from triage.intake.layers import Layer
from triage.intake.wrappers import server_line

Read = Callable[[bytes], bytes | None]
"""The log's line in a line of the export; ``None`` if it holds nothing of it."""

_TEXT = re.compile(rb'[ \t]*"(?P<key>[^"\\]{1,100})": ?(?P<text>"(?:[^"\\]|\\.)*"),?[ \t]*\r?')
_OTHER_JSON = re.compile(rb'[ \t]*(?:"[^"\\]{1,100}": ?.*|[\[\]{}]{1,2},?[ \t]*\r?)')


def export_layer(telling: Sequence[bytes]) -> Layer | None:
    """The layer of an export, by lines that tell of a server further right; ``None`` if they are in none."""
    for name, found in (("ndjson", _indented_json(telling)), ("csv", _csv(telling))):
        if found is not None:
            return _layer(name, found)
    return None


def _layer(name: str, read: Read) -> Layer:
    return Layer(name, lambda: _RowOpener(read), name)


@dataclass(slots=True)
class _RowOpener:
    read: Read

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The log's lines, each with the number of the export's line that holds it."""
        found = [(row, text) for row, line in enumerate(chunk.lines()) if (text := self.read(line)) is not None]
        rows = np.array([row for row, _ in found], dtype=np.int64)
        yield b"", Chunk.of_payloads([text for _, text in found], chunk.numbers[rows])

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """Nothing ever waits."""
        return iter(())


def _indented_json(telling: Sequence[bytes]) -> Read | None:
    """``"textPayload": "1:M …",`` on a line of its own, as Google Cloud and ``aws logs get-log-events`` print it."""
    keys = Counter(match["key"] for line in telling if (match := _TEXT.fullmatch(line)))
    if not keys:
        return None
    (key, seen), *_ = keys.most_common(1)
    if 2 * seen < len(telling):
        return None

    def read(line: bytes) -> bytes | None:
        match = _TEXT.fullmatch(line)
        if match is None or match["key"] != key:
            return None if _OTHER_JSON.fullmatch(line) else line
        try:
            text = json.loads(match["text"].decode("utf-8", "backslashreplace"), strict=False)
        except ValueError:
            return line
        return bytes(text.encode("utf-8", "surrogatepass").removesuffix(b"\n"))

    return read


def _csv(telling: Sequence[bytes]) -> Read | None:
    """A column of a table of comma-separated values; without a quoted cell it is taken for a prefix."""
    rows = [_cells(line) for line in telling]
    places = Counter((_column(row), len(row)) for row in rows)
    (column, width), seen = places.most_common(1)[0] if places else ((None, 0), 0)
    if column is None or width < 2 or 2 * seen < len(telling) or not any(b'"' in line for line in telling):
        return None

    def read(line: bytes) -> bytes | None:
        row = _cells(line)
        return row[column] if len(row) == width else line

    return read


def _column(row: Sequence[bytes]) -> int | None:
    return next((at for at, cell in enumerate(row) if server_line().match(cell)), None)


def _cells(line: bytes) -> list[bytes]:
    try:
        (row,) = csv.reader([line.decode("latin-1")], strict=True)
    except (csv.Error, ValueError):
        return []
    return [cell.encode("latin-1") for cell in row]

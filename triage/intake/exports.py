"""Exports of log stores that hold a line in a row of a table, or in a few lines of indented JSON."""

import csv
import json
from collections import Counter
from collections.abc import Sequence

from triage.intake.journal import journal_layer
from triage.intake.layers import Layer
from triage.intake.rows import Read, row_layer
from triage.intake.wrappers import server_line
from triage.patterns import compiled

# A text on a line of its own: a field's, or an element of a list.
_TEXT = compiled(rb'[ \t]*(?:"(?P<key>[^"\\]{1,100})": ?)?(?P<text>"(?:[^"\\]|\\.)*"),?[ \t]*\r?')
_OTHER_JSON = compiled(rb'[ \t]*(?:"[^"\\]{1,100}": ?.*|[\[\]{}]{1,2},?[ \t]*\r?|"\d{1,20}",?[ \t]*\r?)')
_DELIMITERS = (b",", b";", b"\t")


def export_layer(telling: Sequence[bytes]) -> Layer | None:
    """The layer of an export, by lines that tell of a server further right; ``None`` if they are in none."""
    if (text := _indented_json(telling)) is not None:
        return row_layer("ndjson", lambda: text)
    if (cell := _csv(telling)) is not None:
        return row_layer("csv", lambda: cell)
    return journal_layer(telling)


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
        if match is None or match["key"] != key or (key is None and _OTHER_JSON.fullmatch(line)):
            return None if _OTHER_JSON.fullmatch(line) else line
        try:
            text = json.loads(match["text"].decode("utf-8", "backslashreplace"), strict=False)
        except ValueError:
            return line
        return bytes(text.encode("utf-8", "surrogatepass").removesuffix(b"\n"))

    return read


def _csv(telling: Sequence[bytes]) -> Read | None:
    return next((read for mark in _DELIMITERS if (read := _table(telling, mark.decode()))), None)


def _table(telling: Sequence[bytes], delimiter: str) -> Read | None:
    """A column of a table; what stands before the last one, and without quotes, is taken for a prefix."""
    # Indentation by tabs is no row of empty cells.
    rows = [row for line in telling if sum(map(bool, row := _cells(line, delimiter))) > 1]
    places = Counter((_column(row), len(row)) for row in rows)
    (column, width), seen = places.most_common(1)[0] if places else ((None, 0), 0)
    if column is None or 2 * seen < len(telling):
        return None
    if column == width - 1 and not any(b'"' in line for line in telling):
        return None

    def read(line: bytes) -> bytes | None:
        row = _cells(line, delimiter)
        return row[column] if len(row) == width else line

    return read


def _column(row: Sequence[bytes]) -> int | None:
    return next((at for at, cell in enumerate(row) if server_line().match(cell)), None)


def _cells(line: bytes, delimiter: str) -> list[bytes]:
    try:
        (row,) = csv.reader([line.decode("latin-1")], strict=True, delimiter=delimiter)
    except (csv.Error, ValueError):
        return []
    return [cell.encode("latin-1") for cell in row]

"""Keeps what was found out about addresses on disk, by build id, so that a second run need not decode anything."""

import json
import os
import tempfile
from pathlib import Path

from triage.symbols.source_frame import SourceFrame

FORMAT = 1
"""Part of the file's name: raise it when answers to the same question change."""
MOST_ANSWERS = 50_000
MOST_BYTES = 64 << 20

Row = list[object]


class Answers:
    """The answers about one file: key to frames. ``path`` is ``None`` for a file without a build id: nothing is kept.

    The file is JSON, written whole and moved into place. One that is damaged or not ours counts as empty.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._rows: dict[str, list[Row]] = _read(path) if path else {}
        self._changed = False

    @classmethod
    def of(cls, directory: Path | None, build_id: str | None, detail: str) -> "Answers":
        """The answers kept in ``directory`` about the file ``build_id``; ``detail`` says what they were made from."""
        if directory is None or not build_id:
            return cls(None)
        return cls(directory / "symbols" / f"{build_id}-{detail}-{FORMAT}.json")

    def frames(self, key: str) -> tuple[SourceFrame, ...] | None:
        """The frames kept under ``key``, if any."""
        rows = self._rows.get(key)
        if rows is None:
            return None
        try:
            return tuple(_frame(row) for row in rows)
        except (TypeError, ValueError):
            return None

    def keep(self, key: str, frames: tuple[SourceFrame, ...]) -> None:
        """Remember ``frames`` under ``key``; ``save`` writes them."""
        if len(self._rows) >= MOST_ANSWERS:
            self._rows.clear()
        self._rows[key] = [
            [frame.address, frame.function, frame.entry, frame.file, frame.line, frame.inlined, frame.tail_call]
            for frame in frames
        ]
        self._changed = True

    def save(self) -> None:
        """Write the answers if there are new ones. A cache that cannot be written is no error."""
        if self._path is None or not self._changed:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, written = tempfile.mkstemp(dir=self._path.parent, prefix=".answers-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self._rows, file, separators=(",", ":"))
            os.replace(written, self._path)
            self._changed = False
        except OSError:
            return


def _read(path: Path) -> dict[str, list[Row]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            return {}
        rows = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(rows, dict) or not all(isinstance(row, list) for row in rows.values()):
        return {}
    return rows


def _frame(row: Row) -> SourceFrame:
    address, function, entry, file, line, inlined, tail_call = row
    if not isinstance(address, int):
        raise TypeError("an address that is no number")
    return SourceFrame(
        address=address,
        function=_text(function),
        entry=_number(entry),
        file=_text(file),
        line=_number(line),
        inlined=bool(inlined),
        tail_call=bool(tail_call),
    )


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("a name that is no text")
    return value


def _number(value: object) -> int | None:
    if value is not None and not isinstance(value, int):
        raise TypeError("a line that is no number")
    return value

"""Reads a TOML table with types, and says in which file, line and key a mistake stands."""

import re
from collections.abc import Iterable
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from triage.model import TriageError
from triage.patterns import compiled
from triage.records import dataclass

T = TypeVar("T")
_HEADER = compiled(r"\s*\[{1,2}\s*([A-Za-z0-9_.-]+)\s*\]{1,2}")


class KnowledgeError(TriageError):
    """A knowledge file, or the configuration that names it, cannot be used."""

    exit_code = 2


_HINT = "Correct the file, or remove it."


@dataclass(slots=True)
class Table:
    """One table of a knowledge file. ``name`` and ``nth`` (0-based, among tables of that name) locate it.

    An ``inline`` one stands in braces somewhere below that head.
    """

    path: Path
    text: str
    data: dict[str, Any]
    name: str = ""
    nth: int = 0
    inline: bool = False
    asked: set[str] = field(default_factory=set)

    def get(self, key: str, type_: type[T]) -> T | None:
        """The value of a key, which must have the type; ``None`` if the key is absent."""
        self.asked.add(key)
        value = self.data.get(key)
        if value is None:
            return None
        if type_ is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, type_) or (type_ is int and isinstance(value, bool)):
            raise self.error(f"{key} must be {_TYPE_NAMES.get(type_, type_.__name__)}", key)
        return value

    def need(self, key: str, type_: type[T]) -> T:
        """The value of a key that must be there and have the type."""
        value = self.get(key, type_)
        if value is None or value == "":
            raise self.error(f"{key} is missing")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty if the key is absent."""
        values = self.get(key, list) or []
        if not all(isinstance(value, str) for value in values):
            raise self.error(f"{key} must be a list of texts", key)
        return tuple(values)

    def table(self, key: str) -> "Table":
        """The table below ``[key]``; an empty one if it is absent."""
        return Table(self.path, self.text, self.get(key, dict) or {}, key)

    def tables(self, key: str) -> "list[Table]":
        """The tables below ``[[key]]`` in file order."""
        entries: list[Any] = self.get(key, list) or []
        if not all(isinstance(entry, dict) for entry in entries):
            raise self.error(f"{key} must be written as [[{key}]]", key)
        return [Table(self.path, self.text, entry, key, nth) for nth, entry in enumerate(entries)]

    def members(self, key: str) -> "list[Table]":
        """The tables in braces that make up a list."""
        entries: list[Any] = self.get(key, list) or []
        if not all(isinstance(entry, dict) for entry in entries):
            raise self.error(f"{key} must be a list of {{ … }}", key)
        return [Table(self.path, self.text, entry, self.name, self.nth, inline=True) for entry in entries]

    def finish(self) -> None:
        """Rejects keys that nobody asked for: a misspelt key would silently weaken the entry."""
        for key in self.data:
            if key not in self.asked:
                import difflib

                near = difflib.get_close_matches(key, sorted(self.asked), 1)
                raise self.error(f"{key} is not a key of {self._label()}" + (f"; {near[0]}?" if near else ""), key)

    def error(self, message: str, key: str | None = None) -> KnowledgeError:
        """An error that points at the key, or at the table's head."""
        where = f"{self.path}:{self._line(key)}"
        return KnowledgeError(f"{where}: {self._label()}: {message}", _HINT)

    def _label(self) -> str:
        return f"[{self.name}]" if self.name else "the file"

    def _line(self, key: str | None) -> int:
        start = 1
        for number, header in _headers(self.text.splitlines(), self.name):
            if header == self.nth:
                start = number
        if key is None:
            return start
        lines = self.text.splitlines()[start - 1 :]
        named = re.compile(rf"\s*\"?{re.escape(key)}\"?\s*[=.]")
        value = str(self.data.get(key))
        hits = (
            i for i, line in enumerate(lines) if (key in line and value in line if self.inline else named.match(line))
        )
        return start + next(hits, 0)


def read_table(path: Path) -> Table:
    """The top table of a TOML file; raises ``KnowledgeError`` if it cannot be read or is no TOML."""
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        return Table(path, text, tomllib.loads(text))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KnowledgeError(f"{path}: {error}", _HINT) from error


def _headers(lines: Iterable[str], name: str) -> Iterable[tuple[int, int]]:
    """Line number and running number of each head of the tables called ``name``."""
    count = 0
    for number, line in enumerate(lines, 1):
        found = _HEADER.match(line)
        if found and found[1] == name:
            yield number, count
            count += 1


_TYPE_NAMES: dict[type, str] = {
    str: "a text",
    list: "a list",
    dict: "a table",
    float: "a number",
    date: "a date",
}

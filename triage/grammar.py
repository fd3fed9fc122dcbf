"""Loads the Lark grammars and lexes them line by line.

In the ``.lark`` files every terminal is one whole physical line (or a named part that such terminals are built
of), with named groups for the values. The parser is Lark's LALR with cached tables; only the lexer is ours: a
character lexer could not recover inside a torn line, while here a line that no terminal knows becomes ``OTHER``.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lark
from lark import Lark, Token
from lark.lexer import Lexer

from triage.model import RawLine
from triage.records import dataclass
from triage.resources import cache_dir, forget_old, resource_dir
from triage.terminals import fingerprint

_GENERATIONS = 2
"""Tables of so many releases are kept side by side."""


class LineToken(Token):
    """A physical line: its terminal is the type, its value the text, ``fields`` the named groups that took part."""

    fields: dict[str, str]

    @classmethod
    def of(cls, terminal: str, raw: RawLine, match: "re.Match[str]") -> "LineToken":
        """A token for the line ``raw`` that ``match`` recognised."""
        token = cls(terminal, raw.text, line=raw.line)
        token.fields = {name: value for name, value in match.groupdict().items() if value is not None}
        return token


@dataclass(frozen=True)
class _Terminal:
    name: str
    expression: str

    @cached_property
    def fullmatch(self) -> "Callable[[str], re.Match[str] | None]":
        """Compiled when a line is first tried: most reports hold but some of the parts there are."""
        return re.compile(self.expression, re.DOTALL).fullmatch


class LineLexer(Lexer):
    """Gives the parser one token per line, trying only the terminals that its state accepts, by priority."""

    __future_interface__ = True

    def __init__(self, conf: Any) -> None:
        ranked = sorted(conf.terminals, key=lambda terminal: (-terminal.priority, terminal.name))
        self._terminals = [_Terminal(t.name, t.pattern.to_regexp()) for t in ranked]
        self._by_state: dict[int, list[_Terminal]] = {}

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        """Yield a token per ``RawLine`` of the parsed input."""
        text = lexer_state.text
        for raw in getattr(text, "text", text):
            line = raw.text
            for terminal in self._accepted(parser_state):
                match = terminal.fullmatch(line)
                if match is not None:
                    yield LineToken.of(terminal.name, raw, match)
                    break
            else:
                raise AssertionError(f"the grammar accepts no OTHER line in state {parser_state.position}")

    def _accepted(self, parser_state: Any) -> list[_Terminal]:
        state = parser_state.position
        known = self._by_state.get(state)
        if known is None:
            actions = parser_state.parse_conf.parse_table.states[state]
            known = self._by_state[state] = [t for t in self._terminals if t.name in actions]
        return known


@cache
def load(name: str) -> Lark:
    """The parser of ``grammars/<name>.lark``, its tables cached on disk for the user.

    The tables of other grammars, of another Lark or Python have files of their own. Several first runs may write at
    once, so a file is put in place when it is whole; one that cannot be used is made anew.
    """
    tables = _tables_file(name)
    if tables is None:
        return _open(name, False)
    if tables.exists():
        try:
            return _open(name, str(tables))
        except Exception:  # whatever a damaged pickle raises
            tables.unlink(missing_ok=True)
    try:
        with TemporaryDirectory(dir=tables.parent) as place:
            made = Path(place) / tables.name
            parser = _open(name, str(made))
            made.replace(tables)
        forget_old(f"{name}-*.tables", _GENERATIONS)
        return parser
    except OSError:
        return _open(name, False)


def _open(name: str, cache: str | bool) -> Lark:
    folder = resource_dir("grammars")
    return Lark.open(
        str(folder / f"{name}.lark"), parser="lalr", lexer=LineLexer, import_paths=[str(folder)], cache=cache
    )


def _tables_file(name: str) -> Path | None:
    folder = cache_dir()
    return folder / f"{name}-{lark.__version__}-{fingerprint()}.tables" if folder else None

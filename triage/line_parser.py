"""Parses lines, each of them one token, by the tables that Lark makes of a grammar.

Lark itself is not read for that: it takes longer than most crash reports, and running LALR tables takes a page.
A line that no other terminal knows is an ``OTHER``, which every grammar of lines accepts everywhere.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from typing import Any, TypeAlias

from triage.model import RawLine
from triage.patterns import compiled
from triage.records import dataclass
from triage.terminals import kept


@dataclass(frozen=True, slots=True)
class LineToken:
    """A physical line that terminal ``kind`` knows. ``fields`` are the named groups that took part."""

    kind: str
    line: int
    text: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Node:
    """A rule and what it consists of; rules whose names begin with ``_`` are left out, their children stay."""

    rule: str
    children: "Sequence[Node | LineToken]"


@dataclass(frozen=True)
class _Terminal:
    kind: str
    expression: str

    @cached_property
    def fullmatch(self) -> "Callable[[str], re.Match[str] | None]":
        """Compiled when a line is first tried: most reports hold but some of the parts there are."""
        return compiled(self.expression, re.DOTALL).fullmatch


@dataclass(frozen=True, slots=True)
class _State:
    """Where more than one thing can follow: see ``grammar.tables_of``."""

    actions: dict[int, int]
    end: int | None
    next: dict[str, int]


_Found: TypeAlias = list[Node | LineToken]
_Stack: TypeAlias = list[tuple[int, _Found]]
"""The states that led here, and what each stands for."""


class LineParser:
    """Runs tables of the form that ``grammar.tables_of`` tells."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._terminals = [_Terminal(kind, expression) for kind, expression in tables["terminals"]]
        self._rules: list[tuple[str, int]] = tables["rules"]
        self._states = [
            state if isinstance(state, int) else _State(dict(state["actions"]), state["end"], state["next"])
            for state in tables["states"]
        ]
        self._start: int = tables["start"]
        self._end: int = tables["end"]

    def parse(self, lines: Iterable[RawLine]) -> Node:
        """The tree of all lines. Raises ``AssertionError`` if the grammar has no ``OTHER`` where a line stands."""
        stack: _Stack = [(self._start, [])]
        for line in lines:
            terminal, token = self._lexed(line, self._settled(stack))
            while (action := self._settled(stack).actions[terminal]) < 0:
                self._reduce(stack, ~action)
            stack.append((action, [token]))
        while stack[-1][0] != self._end:
            rule = self._settled(stack).end
            assert rule is not None, "the grammar must be able to end behind any line"
            self._reduce(stack, rule)
        (tree,) = stack[-1][1]
        assert isinstance(tree, Node)
        return tree

    def _settled(self, stack: _Stack) -> _State:
        """The state in which the next line counts: what can only be reduced is."""
        while isinstance(state := self._states[stack[-1][0]], int):
            self._reduce(stack, state)
        return state

    def _lexed(self, line: RawLine, state: _State) -> tuple[int, LineToken]:
        """The first terminal, of those that may follow, that knows the line."""
        for number in state.actions:
            terminal = self._terminals[number]
            match = terminal.fullmatch(line.text)
            if match is not None:
                fields = {name: value for name, value in match.groupdict().items() if value is not None}
                return number, LineToken(terminal.kind, line.line, line.text, fields)
        raise AssertionError("the grammar accepts no OTHER line here")

    def _reduce(self, stack: _Stack, rule: int) -> None:
        name, size = self._rules[rule]
        found: _Found = []
        if size:
            (_, found), *others = stack[-size:]
            del stack[-size:]
            for _, more in others:
                found += more
        if not name.startswith("_"):
            found = [Node(name, found)]
        state = self._states[stack[-1][0]]
        assert isinstance(state, _State)
        stack.append((state.next[name], found))


@cache
def line_parser(name: str) -> LineParser:
    """The parser of ``grammars/<name>.lark``."""
    return LineParser(kept(f"tables-{name}", lambda: _tables(name)))


def _tables(name: str) -> dict[str, Any]:
    from triage.grammar import tables_of

    return tables_of(name)

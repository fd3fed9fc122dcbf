"""Spells out what a regular expression says about single characters, so that many lines can be checked at once.

``re`` decides about one line at a time. The patterns of log lines are mostly fixed text, though; what is fixed in
them can be compared for a whole block with a few array operations, and only the lines that pass are given to ``re``.
"""

import re
from collections.abc import Iterable
from re import _constants as c
from re import _parser as parser
from typing import Any

from triage.records import dataclass

Column = frozenset[int] | None
"""The bytes that may stand in one place; ``None`` is a gap: anything of any length."""

_Node = tuple[Any, Any]
"""An operation of the parsed expression with its argument."""

DIGITS = frozenset(b"0123456789")
_ASCII = frozenset(range(128))
_BEYOND_ASCII = frozenset(range(128, 256))
_CATEGORIES = {
    c.CATEGORY_DIGIT: DIGITS,
    c.CATEGORY_SPACE: frozenset(b" \t\n\r\f\v"),
    c.CATEGORY_WORD: frozenset(byte for byte in range(128) if chr(byte).isalnum() or byte == ord("_")),
}
_INVERSE = {
    c.CATEGORY_NOT_DIGIT: c.CATEGORY_DIGIT,
    c.CATEGORY_NOT_SPACE: c.CATEGORY_SPACE,
    c.CATEGORY_NOT_WORD: c.CATEGORY_WORD,
}
_MOST_EXPANSIONS = 256
_LONGEST_REPEAT = 64


@dataclass(frozen=True, slots=True)
class Expansion:
    """One way to spell an expression out. ``groups`` are its named groups as (name, from, to) over the columns."""

    columns: tuple[Column, ...] = ()
    groups: tuple[tuple[str, int, int], ...] = ()

    def __add__(self, other: "Expansion") -> "Expansion":
        shift = len(self.columns)
        moved = tuple((name, start + shift, end + shift) for name, start, end in other.groups)
        return Expansion(self.columns + other.columns, self.groups + moved)

    def group(self, name: str) -> tuple[int, int] | None:
        """The columns (from, to) of a named group, or ``None`` if it takes no part."""
        return next(((start, end) for found, start, end in self.groups if found == name), None)


_GAP = Expansion((None,))


def expand(expression: str) -> list[Expansion]:
    """All ways to spell ``expression`` out; where there would be too many, a gap stands for the undecided part."""
    tree = parser.parse(expression, re.DOTALL)
    names = {number: name for name, number in tree.state.groupdict.items()}
    return _sequence(tree, names)


def _sequence(nodes: Iterable[_Node], names: dict[int, str]) -> list[Expansion]:
    found = [Expansion()]
    for node in nodes:
        options = _spell(node, names)
        if len(found) * len(options) > _MOST_EXPANSIONS:
            options = [_GAP]
        found = [before + option for before in found for option in options]
    return found


def _spell(node: _Node, names: dict[int, str]) -> list[Expansion]:
    operation, argument = node
    if operation is c.LITERAL and argument < 128:
        return [Expansion((frozenset((argument,)),))]
    if operation is c.IN:
        return [_one_of(argument)]
    if operation is c.SUBPATTERN:
        inside = _sequence(argument[3], names)
        name = names.get(argument[0])
        return [_named(name, option) for option in inside] if name else inside
    if operation is c.BRANCH:
        return [option for branch in argument[1] for option in _sequence(branch, names)]
    if operation in (c.MAX_REPEAT, c.MIN_REPEAT):
        return _repeat(argument[0], argument[1], argument[2], names)
    if operation is c.AT:
        return [Expansion()]
    return [_GAP]


def _named(name: str, inside: Expansion) -> Expansion:
    return Expansion(inside.columns, ((name, 0, len(inside.columns)), *inside.groups))


def _repeat(least: int, most: int, nodes: Iterable[_Node], names: dict[int, str]) -> list[Expansion]:
    inside = _sequence(nodes, names)
    if (least, most) == (0, 1):
        return [Expansion(), *inside]
    if len(inside) != 1:
        return [_GAP]
    if least == most <= _LONGEST_REPEAT:
        return [Expansion(inside[0].columns * least)]
    return [inside[0] + _GAP] if least else [_GAP]


def _one_of(members: list[_Node]) -> Expansion:
    allowed: set[int] = set()
    negated = members[0][0] is c.NEGATE
    for operation, argument in members[negated:]:
        if operation is c.LITERAL:
            allowed.add(argument)
        elif operation is c.RANGE:
            allowed.update(range(argument[0], min(argument[1], 127) + 1))
        elif argument in _CATEGORIES:
            allowed |= _CATEGORIES[argument]
        else:
            allowed |= (_ASCII - _CATEGORIES[_INVERSE[argument]]) | _BEYOND_ASCII
    if negated:
        allowed = set((_ASCII - allowed) | _BEYOND_ASCII)
    # A character beyond ASCII takes several bytes: the first is known, the rest is a gap.
    column = frozenset(allowed)
    return Expansion((column,)) if column <= _ASCII else Expansion((column, None))

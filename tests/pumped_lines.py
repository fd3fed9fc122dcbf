"""Lines built to hurt a regular expression, derived from its own structure.

Work beyond linear comes from repeats that can share out the same text in many ways. So each line leads a matcher to
a repeat by the shortest text that does, gives it thousands of what it or its neighbours take, and ends in something
that nothing takes. Characters that the expression cannot tell apart stand for each other.
"""

from collections.abc import Iterable, Iterator
from re import _constants as c
from re import _parser as parser
from typing import Any

REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)
ALPHABET = [chr(code) for code in (*range(9, 14), *range(27, 28), *range(32, 127))]
MISMATCH = "\x01"
MANY = 60
"""A repeat of fewer times than this is no place to pump."""
_CATEGORIES = {
    c.CATEGORY_DIGIT: str.isdigit,
    c.CATEGORY_SPACE: str.isspace,
    c.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    c.CATEGORY_NOT_DIGIT: lambda char: not char.isdigit(),
    c.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    c.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}
Node = tuple[Any, Any]


def pumped_lines(expression: str | bytes, flags: int, length: int) -> Iterator[str]:
    """All lines for one expression; each has about ``length`` characters."""
    text = expression.decode("latin-1") if isinstance(expression, bytes) else expression
    tree = parser.parse(text, flags)
    units = list(dict.fromkeys([*_told_apart(tree), *(shortest([node]) for _, node in _repeats(tree, ""))]))
    leads = dict.fromkeys(["", *(lead for lead, _ in _repeats(tree, ""))])
    for lead in leads:
        for unit in units:
            if unit:
                yield lead + unit * (length // len(unit)) + MISMATCH


def _repeats(sequence: Iterable[Node], lead: str) -> Iterator[tuple[str, Node]]:
    """Each repeat that may go on for long, with a text that leads to it and one of its bodies."""
    for node in sequence:
        operation, argument = node
        if operation in REPEATS:
            least, most, body = argument
            yield from _repeats(body, lead)
            if most >= MANY:
                yield lead, (c.SUBPATTERN, (None, 0, 0, body))
                yield from _repeats(body, lead + shortest(body))
            lead += shortest(body) * least
            continue
        for inner in _inside(node):
            yield from _repeats(inner, lead)
        lead += shortest([node])


def _inside(node: Node) -> list[Any]:
    operation, argument = node
    if operation is c.SUBPATTERN:
        return [argument[3]]
    if operation is c.BRANCH:
        return list(argument[1])
    if operation in (c.ASSERT, c.ASSERT_NOT):
        return [argument[1]]
    return [argument] if operation is c.ATOMIC_GROUP else []


def shortest(sequence: Iterable[Node]) -> str:
    """A short text that matches, as far as one can be told without looking around."""
    return "".join(map(_shortest_of, sequence))


def _shortest_of(node: Node) -> str:
    operation, argument = node
    if operation in REPEATS:
        return shortest(argument[2]) * argument[0]
    if operation is c.BRANCH:
        return min(map(shortest, argument[1]), key=len)
    if operation in (c.ASSERT, c.ASSERT_NOT):
        return ""
    if inner := _inside(node):
        return shortest(inner[0])
    taken = _taken(node)
    return next((char for char in "a0 " if char in taken), next(iter(sorted(taken)), ""))


def _taken(node: Node) -> frozenset[str]:
    """The characters that a node for one character takes; none for any other node."""
    operation, argument = node
    if operation is c.LITERAL:
        return frozenset(chr(argument))
    if operation is c.NOT_LITERAL:
        return frozenset(ALPHABET) - {chr(argument)}
    if operation is c.ANY:
        return frozenset(ALPHABET) - {"\n"}
    if operation is not c.IN:
        return frozenset()
    taken = frozenset(char for char in ALPHABET if any(_is_member(char, member) for member in argument))
    return frozenset(ALPHABET) - taken if argument[0][0] is c.NEGATE else taken


def _is_member(char: str, member: Node) -> bool:
    kind, value = member
    if kind is c.LITERAL:
        return ord(char) == value
    if kind is c.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    return bool(kind is c.CATEGORY and _CATEGORIES[value](char))


def _classes(sequence: Iterable[Node]) -> Iterator[frozenset[str]]:
    for node in sequence:
        if node[0] in REPEATS:
            yield from _classes(node[1][2])
        elif inner := _inside(node):
            for part in inner:
                yield from _classes(part)
        elif taken := _taken(node):
            yield taken


def _told_apart(tree: Iterable[Node]) -> list[str]:
    """One character of each set that the expression treats alike; those that only one fixed text has are left out."""
    classes = list(dict.fromkeys(_classes(tree)))
    wide = [one for one in classes if len(one) > 1]
    by_place = {tuple(char in one for one in wide): char for char in reversed(ALPHABET)}
    return [char for place, char in by_place.items() if any(place)]

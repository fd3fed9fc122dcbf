"""Decides about thousands of similar lines with a few trials of a regular expression."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from re import _constants as c
from re import _parser as parser
from typing import Any

MOST_MASKS = 50_000
"""Masks that are remembered per pattern; lines of any other are tried one by one."""
_ZERO = bytes.maketrans(b"123456789", b"000000000")
_DIGITS = frozenset(range(ord("0"), ord("9") + 1))


@dataclass(slots=True)
class LineMasks:
    """A pattern that treats all digits alike decides the same about lines that differ in digits alone.

    So a line is looked up by its mask, the line with every digit a zero. Other patterns are tried on each line.
    """

    pattern: "re.Pattern[bytes]"
    _masked: bool = False
    _known: dict[bytes, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, pattern: "re.Pattern[bytes]") -> "LineMasks":
        """For a pattern that is to match whole lines."""
        return cls(pattern, is_blind_to_digits(pattern.pattern))

    def matches(self, lines: Sequence[bytes]) -> list[bool]:
        """Whether the pattern matches each of ``lines``, which hold no newline."""
        if not self._masked or not lines:
            return [self._tried(line) for line in lines]
        masks = b"\n".join(lines).translate(_ZERO).split(b"\n")
        new = [mask for mask in set(masks) if mask not in self._known]
        if len(self._known) + len(new) > MOST_MASKS:
            known = self._known
            return [known[mask] if mask in known else self._tried(mask) for mask in masks]
        self._known.update((mask, self._tried(mask)) for mask in new)
        return list(map(self._known.__getitem__, masks))

    def _tried(self, line: bytes) -> bool:
        return self.pattern.fullmatch(line) is not None


@cache
def is_blind_to_digits(expression: bytes) -> bool:
    """Whether an expression cannot tell one digit from another."""
    return all(map(_is_blind, _nodes(parser.parse(expression, re.DOTALL))))


def _nodes(value: Any) -> Iterable[tuple[Any, Any]]:  # noqa: ANN401 - the tree of `re` has no types
    """All operations of a parsed expression, whatever they are nested in."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], type(c.LITERAL)):
        yield value
        value = value[1] if value[0] is not c.IN else ()
    if isinstance(value, tuple | list | parser.SubPattern):
        for part in value:
            yield from _nodes(part)


def _is_blind(node: tuple[Any, Any]) -> bool:
    operation, argument = node
    if operation in (c.LITERAL, c.NOT_LITERAL):
        return argument not in _DIGITS
    if operation is c.GROUPREF or operation is c.GROUPREF_EXISTS:
        return False
    if operation is not c.IN:
        return True
    # The members of a class; its categories hold all digits or none.
    single = {member[1] for member in argument if member[0] is c.LITERAL}
    single |= {code for kind, bounds in argument if kind is c.RANGE for code in range(bounds[0], bounds[1] + 1)}
    return len(single & _DIGITS) in (0, len(_DIGITS))

"""Decides about thousands of similar lines with a few trials of a regular expression."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from re import _constants as c
from re import _parser as parser
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.scan_backend import Backend, Offsets

MOST_MASKS = 50_000
"""Masks that are remembered per pattern; lines of any other are tried one by one."""
_ZERO = bytes.maketrans(b"123456789", b"000000000")
_DIGITS = frozenset(range(ord("0"), ord("9") + 1))


@dataclass(slots=True)
class LineMasks:
    """A pattern that treats all digits alike decides the same about lines that differ in digits alone.

    So a line is looked up by its mask, the line with every digit a zero. Other patterns are tried on each line.
    """

    pattern: "re.Pattern[str]"
    _masked: bool = False
    _known: dict[bytes, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, pattern: "re.Pattern[str]") -> "LineMasks":
        """For a pattern that is to match whole lines."""
        return cls(pattern, is_blind_to_digits(pattern.pattern))

    def matches(self, block: Block, starts: Offsets, ends: Offsets, by: Backend) -> NDArray[np.bool_]:
        """Whether the pattern matches each of these parts of a block, which hold no newline."""
        if not self._masked or not len(starts):
            found = [self._tried(block.data[start:end]) for start, end in _spans(starts, ends)]
            return np.array(found, dtype=np.bool_)
        groups, firsts = by.alike(block, starts, ends)
        lines = [block.data[start:end] for start, end in _spans(starts[firsts], ends[firsts])]
        verdicts = [self._decided(mask) for mask in masks_of(lines)]
        return np.array(verdicts, dtype=np.bool_)[groups]

    def _decided(self, mask: bytes) -> bool:
        known = self._known.get(mask)
        if known is None:
            known = self._tried(mask)
            if len(self._known) < MOST_MASKS:
                self._known[mask] = known
        return known

    def _tried(self, line: bytes) -> bool:
        return self.pattern.fullmatch(line.decode("utf-8", "backslashreplace")) is not None


def masks_of(lines: Sequence[bytes]) -> list[bytes]:
    """The masks of lines that hold no newline."""
    return b"\n".join(lines).translate(_ZERO).split(b"\n") if lines else []


def _spans(starts: Offsets, ends: Offsets) -> Iterable[tuple[int, int]]:
    return zip(starts.tolist(), ends.tolist(), strict=True)


@cache
def is_blind_to_digits(expression: str) -> bool:
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

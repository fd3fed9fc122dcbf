"""Decides about thousands of similar lines with a few trials of a regular expression."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from functools import cache
from re import _constants as c
from re import _parser as parser
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.scan_backend import Backend, Offsets
from triage.records import dataclass

MOST_MASKS = 50_000
"""Masks that are remembered per pattern; lines of any other are tried one by one."""
_ZERO = bytes.maketrans(b"123456789", b"000000000")
_DIGITS = frozenset(range(ord("0"), ord("9") + 1))


_NOWHERE = np.array([[-1, -1]])
NO_MATCH, UNNUMBERED = -1, -2
"""Instead of the number of a shape: the pattern does not match; it does, but what else looks so is not remembered."""


@dataclass(slots=True)
class LineMasks:
    """A pattern that treats all digits alike decides the same about lines that differ in digits alone.

    So a line is looked up by its mask, the line with every digit a zero; masks that match are numbered as shapes.
    Other patterns are tried on each line.
    """

    pattern: "re.Pattern[str]"
    _masked: bool = False
    _known: dict[bytes, int] = field(default_factory=dict)
    _examples: list[str] = field(default_factory=list)
    _spans: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    """By the name of a group: of each shape so far, and a last row for none."""

    @classmethod
    def of(cls, pattern: "re.Pattern[str]") -> "LineMasks":
        """For a pattern that is to match whole lines."""
        return cls(pattern, is_blind_to_digits(pattern.pattern))

    def shapes(self, block: Block, starts: Offsets, ends: Offsets, by: Backend) -> NDArray[np.int32]:
        """The shape of each of these parts of a block, which hold no newline; or ``NO_MATCH`` or ``UNNUMBERED``."""
        if not self._masked or not len(starts):
            tried = [self._tried(block.data[start:end]) for start, end in _spans(starts, ends)]
            return np.where(np.array(tried, dtype=np.bool_), UNNUMBERED, NO_MATCH).astype(np.int32)
        groups, firsts = by.alike(block, starts, ends)
        lines = [block.data[start:end] for start, end in _spans(starts[firsts], ends[firsts])]
        return np.array([self._shape(mask) for mask in masks_of(lines)], dtype=np.int32)[groups]

    def spans(self, name: str) -> NDArray[np.int64]:
        """Where a named group lies in the lines of each shape; (-1, -1) if it takes no part, or without any shape."""
        known = self._spans.get(name, _NOWHERE)
        if len(known) <= len(self._examples):
            new = [self.span_in(line, name) for line in self._examples[len(known) - 1 :]]
            known = self._spans[name] = np.concatenate((known[:-1], np.array(new).reshape(-1, 2), _NOWHERE))
        return known

    def span_in(self, line: str, name: str) -> tuple[int, int]:
        """Where it lies in this line; (-1, -1) if it takes no part."""
        match = self.pattern.fullmatch(line)
        return match.span(name) if match is not None and name in self.pattern.groupindex else (-1, -1)

    def _shape(self, mask: bytes) -> int:
        known = self._known.get(mask)
        if known is not None:
            return known
        remembered = len(self._known) < MOST_MASKS
        shape = NO_MATCH if not self._tried(mask) else len(self._examples) if remembered else UNNUMBERED
        if remembered:
            self._known[mask] = shape
        if shape >= 0:
            self._examples.append(_decoded(mask))
        return shape

    def _tried(self, line: bytes) -> bool:
        return self.pattern.fullmatch(_decoded(line)) is not None


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")


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

"""Abbreviation tables of .debug_abbrev, prepared for walking over entries without decoding them."""

import re

from triage.patterns import compiled
from triage.records import dataclass
from triage.symbols import dwarf_constants as dw
from triage.symbols.dwarf_forms import step_over
from triage.symbols.leb128 import sleb, uleb

_LEB128 = rb"[\x80-\xff]{0,9}[\x00-\x7f]"
_ATTRIBUTE = rb"(?!\x00\x00)%s(?:\x21%s|(?!\x21)%s)" % (_LEB128, _LEB128, _LEB128)
"""Attribute and form; DW_FORM_implicit_const (0x21) is followed by the constant."""
_ENTRY = compiled(rb"(?!\x00)(%s)(%s)([\x00\x01])((?:%s)*)\x00\x00" % (_LEB128, _LEB128, _ATTRIBUTE))
_SIBLING = (dw.AT_SIBLING, dw.FORM_REF4)


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """The shape of a debugging information entry.

    ``attributes`` are (attribute, form, implicit constant); ``steps`` lead over all of them, and ``before_sibling``
    to the reference to the next sibling, if there is one. ``has_code`` says that it states an address range.
    """

    tag: int
    children: bool
    attributes: tuple[tuple[int, int, int], ...]
    steps: tuple[int, ...]
    before_sibling: tuple[int, ...] | None
    has_code: bool


class Table(dict[int, Abbreviation]):
    """The abbreviations of one unit by code, decoded as far as they are asked for: of most units only the root is.

    Asking raises ``KeyError`` for a code that is not there, ``IndexError`` or ``ValueError`` if the table is damaged.
    """

    def __init__(self, data: bytes, at: int, offset_size: int) -> None:
        super().__init__()
        self._data, self._at, self._offset_size = data, at, offset_size
        self._passed: dict[int, re.Match[bytes]] = {}

    def __missing__(self, wanted: int) -> Abbreviation:
        entry = self._passed.get(wanted) or self._scan(wanted)
        tag, _ = uleb(entry[2], 0)
        self[wanted] = found = _prepared(tag, entry[3] == b"\1", _attributes(entry[4]), self._offset_size)
        return found

    def _scan(self, wanted: int) -> "re.Match[bytes]":
        while entry := _ENTRY.match(self._data, self._at):
            self._at = entry.end()
            code, _ = uleb(entry[1], 0)
            self._passed.setdefault(code, entry)
            if code == wanted:
                return self._passed[code]
        raise KeyError(f"no abbreviation {wanted}")


def _attributes(data: bytes) -> tuple[tuple[int, int, int], ...]:
    found: list[tuple[int, int, int]] = []
    at = 0
    while at < len(data):
        attribute, at = uleb(data, at)
        form, at = uleb(data, at)
        constant, at = sleb(data, at) if form == dw.FORM_IMPLICIT_CONST else (0, at)
        found.append((attribute, form, constant))
    return tuple(found)


def _prepared(
    tag: int, children: bool, attributes: tuple[tuple[int, int, int], ...], offset_size: int
) -> Abbreviation:
    names = [attribute for attribute, _, _ in attributes]
    steps = [step_over(form, offset_size) for _, form, _ in attributes]
    sibling = next((i for i, (name, form, _) in enumerate(attributes) if (name, form) == _SIBLING), None)
    return Abbreviation(
        tag=tag,
        children=children,
        attributes=attributes,
        steps=_merged(steps),
        before_sibling=None if sibling is None else _merged(steps[:sibling]),
        has_code=dw.AT_LOW_PC in names or dw.AT_RANGES in names,
    )


def _merged(steps: list[int]) -> tuple[int, ...]:
    """The same way in fewer steps: neighbours of known width become one."""
    merged: list[int] = []
    for step in steps:
        if step >= 0 and merged and merged[-1] >= 0:
            merged[-1] += step
        else:
            merged.append(step)
    return tuple(merged)

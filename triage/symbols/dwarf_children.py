"""The entries below an entry, one level down."""

from collections.abc import Container, Iterator

from triage.symbols.dwarf_units import Die, Unit
from triage.symbols.leb128 import uleb

MOST_CHILDREN = 1_000_000


def children(unit: Unit, die: Die, tags: Container[int]) -> Iterator[Die]:
    """The direct children of ``die`` that have one of the ``tags``; the others are stepped over undecoded.

    Raises ``IndexError``, ``KeyError`` or ``ValueError`` if the entries are damaged, as all decoding does.
    """
    at = die.end
    for _ in range(MOST_CHILDREN if die.shape.children else 0):
        code, here = uleb(unit.data, at)
        if not code:
            return
        if unit.table[code].tag in tags and (child := unit.die(at)) is not None:
            yield child
        at = _beyond(unit, here, code)


def _beyond(unit: Unit, here: int, code: int) -> int:
    """Where the entry and all below it end whose attributes begin at ``here``."""
    shape, depth = unit.table[code], 0
    while True:
        sibling = unit.sibling(here, shape) if shape.children else None
        at = unit.after(here, shape) if sibling is None else sibling
        depth += shape.children and sibling is None
        while depth:
            code, here = uleb(unit.data, at)
            if code:
                break
            depth, at = depth - 1, here
        if not depth:
            return at
        shape = unit.table[code]

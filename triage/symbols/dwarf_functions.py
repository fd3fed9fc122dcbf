"""Functions of a unit by address, and within one the inlined calls and the call sites."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property

from triage.records import dataclass
from triage.symbols import dwarf_constants as dw
from triage.symbols.dwarf_ranges import Ranges, covers, ranges_of
from triage.symbols.dwarf_units import Die, Unit
from triage.symbols.leb128 import uleb

_SCOPES = (dw.TAG_LEXICAL_BLOCK, dw.TAG_INLINED_SUBROUTINE)
_CALL_SITES = (dw.TAG_CALL_SITE, dw.TAG_GNU_CALL_SITE)
_NEST_FUNCTIONS = (
    dw.TAG_NAMESPACE,
    dw.TAG_STRUCTURE_TYPE,
    dw.TAG_CLASS_TYPE,
    dw.TAG_SUBPROGRAM,
    dw.TAG_LEXICAL_BLOCK,
)
"""What may hold functions with code of their own in C++ and Rust: lambdas stand in classes inside functions."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function with code: its entry, its name's entry, its ranges."""

    unit: Unit
    die: Die
    ranges: Ranges

    @property
    def entry(self) -> int:
        """The address of its first instruction, as far as the ranges tell (the first one)."""
        return self.ranges[0][0]


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call that the compiler described: where it returns to, and the entry of the function it calls.

    ``target`` is ``None`` for a call through a pointer. ``return_pc`` of a tail call is what follows the jump.
    """

    return_pc: int
    tail: bool
    target: tuple[Unit, int] | None


class UnitFunctions:
    """The functions of a unit, found in one walk over its entries that decodes only those with code."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    @cached_property
    def _by_address(self) -> tuple[list[int], list[tuple[int, Function]]]:
        spans = [
            (low, high, function)
            for die in _subprograms(self._unit)
            for function in (Function(self._unit, die, ranges_of(self._unit, die)),)
            for low, high in function.ranges
        ]
        spans.sort(key=lambda span: span[:2])
        return [low for low, _, _ in spans], [(high, function) for _, high, function in spans]

    def at(self, address: int) -> Function | None:
        """The function whose code holds ``address``."""
        lows, rest = self._by_address
        index = bisect_right(lows, address) - 1
        if index < 0:
            return None
        high, function = rest[index]
        return function if address < high else None


def inlined_at(function: Function, address: int) -> list[Die]:
    """The inlined calls around ``address``, outermost first."""
    unit, found = function.unit, []
    for die in _children(unit, function.die, _SCOPES, lambda scope: covers(ranges_of(unit, scope), address)):
        if die.shape.tag == dw.TAG_INLINED_SUBROUTINE:
            found.append(die)
    return found


def call_sites(function: Function) -> Iterator[CallSite]:
    """All described calls in a function, those of inlined code included."""
    unit = function.unit
    for die in _all_below(unit, function.die, _CALL_SITES):
        modern = die.shape.tag == dw.TAG_CALL_SITE
        return_pc = unit.address(die, dw.AT_CALL_RETURN_PC if modern else dw.AT_LOW_PC)
        if return_pc is not None:
            tail = unit.number(die, dw.AT_CALL_TAIL_CALL if modern else dw.AT_GNU_TAIL_CALL)
            target = unit.reference(die, dw.AT_CALL_ORIGIN if modern else dw.AT_ABSTRACT_ORIGIN)
            yield CallSite(return_pc, bool(tail), target)


def _subprograms(unit: Unit) -> Iterator[Die]:
    """The functions with code: in C those at the top, in C++ and Rust also those in other entries.

    Null entries are stepped over without counting depth: what may hold a function is entered, the rest skipped, or
    walked through where an entry does not say where its sibling is.
    """
    data, table, at = unit.data, unit.table, unit.root.end
    size = len(data) if unit.root.shape.children else 0
    entered = _NEST_FUNCTIONS if unit.number(unit.root, dw.AT_LANGUAGE) in dw.QUALIFYING_LANGUAGES else ()
    while at < size:
        code, begin = data[at], at
        at += 1
        if not code:
            continue
        if code >= 0x80:
            code, at = uleb(data, begin)
        shape = table[code]
        if shape.tag == dw.TAG_SUBPROGRAM and shape.has_code:
            die = unit.die(begin)
            if die is not None:
                yield die
        sibling = unit.sibling(at, shape) if shape.children and shape.tag not in entered else None
        at = unit.after(at, shape) if sibling is None else sibling


def _children(unit: Unit, die: Die, tags: tuple[int, ...], enter: Callable[[Die], bool]) -> Iterator[Die]:
    """The entries with code below ``die`` that ``enter`` accepts, each inside the one before."""
    if not die.shape.children:
        return
    data, table, at, depth = unit.data, unit.table, die.end, 0
    while True:
        code, here = uleb(data, at)
        if not code:
            if not depth:
                return
            depth, at = depth - 1, here
            continue
        shape = table[code]
        if not depth and shape.tag in tags and shape.has_code:
            found = unit.die(at)
            if found is not None and enter(found):
                yield found
                if not shape.children:
                    return
                at = found.end
                continue
        sibling = unit.sibling(here, shape) if shape.children else None
        at = unit.after(here, shape) if sibling is None else sibling
        if shape.children and sibling is None:
            depth += 1


def _all_below(unit: Unit, die: Die, tags: tuple[int, ...]) -> Iterator[Die]:
    """All entries of the given tags below ``die``."""
    if not die.shape.children:
        return
    data, table, at, depth = unit.data, unit.table, die.end, 1
    while depth:
        code, here = uleb(data, at)
        if not code:
            depth, at = depth - 1, here
            continue
        shape = table[code]
        if shape.tag in tags:
            found = unit.die(at)
            if found is not None:
                yield found
        at = unit.after(here, shape)
        depth += shape.children

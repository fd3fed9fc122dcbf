"""Address ranges of entries: low and high, .debug_ranges (DWARF 4) and .debug_rnglists (DWARF 5)."""

import struct
from collections.abc import Iterator

from triage.symbols import dwarf_constants as dw
from triage.symbols.dwarf_units import Die, Unit
from triage.symbols.leb128 import uleb

Ranges = tuple[tuple[int, int], ...]
"""Pairs of first address and the first beyond."""

MOST_RANGES = 1_000_000
_PAIR = struct.Struct("<QQ")
_U64 = struct.Struct("<Q")
_BASE_SELECTION = (1 << 64) - 1


def ranges_of(unit: Unit, die: Die) -> Ranges:
    """The addresses that an entry covers; empty if it has no code."""
    if dw.AT_RANGES in die.attributes:
        return tuple(_listed(unit, die))
    low = unit.address(die, dw.AT_LOW_PC)
    form, high = die.attributes.get(dw.AT_HIGH_PC, (0, None))
    if low is None or not isinstance(high, int):
        return ()
    if form == dw.FORM_ADDR:
        return ((low, high),)
    # Any class but address is a length (DWARF 4, 2.17.2); an index into .debug_addr is of class address.
    return ((low, unit.indexed_address(high) if form in _ADDRESS_INDEXES else low + high),)


_ADDRESS_INDEXES = (dw.FORM_ADDRX, dw.FORM_ADDRX1, dw.FORM_ADDRX2, dw.FORM_ADDRX3, dw.FORM_ADDRX4)


def covers(ranges: Ranges, address: int) -> bool:
    """Whether ``address`` lies in one of the ranges."""
    return any(low <= address < high for low, high in ranges)


def entry_of(ranges: Ranges) -> int | None:
    """The address at which a function is entered: its first range's begin."""
    return ranges[0][0] if ranges else None


def _listed(unit: Unit, die: Die) -> Iterator[tuple[int, int]]:
    form, value = die.attributes[dw.AT_RANGES]
    if not isinstance(value, int):
        return iter(())
    if unit.version < 5:
        return _pairs(unit, value + unit.ranges_base)
    if form == dw.FORM_RNGLISTX:
        base, size = unit.range_lists_base, unit.header.offset_size
        offsets = unit.info.section(".debug_rnglists")
        value = base + int.from_bytes(offsets[base + size * value :][:size], "little")
    return _range_list(unit, value)


def _pairs(unit: Unit, at: int) -> Iterator[tuple[int, int]]:
    section, base = unit.info.section(".debug_ranges"), unit.low
    for _ in range(MOST_RANGES):
        low, high = _PAIR.unpack_from(section, at)
        at += _PAIR.size
        if low == high == 0:
            return
        if low == _BASE_SELECTION:
            base = high
        elif low < high:
            yield base + low, base + high


def _range_list(unit: Unit, at: int) -> Iterator[tuple[int, int]]:
    """DWARF 5, section 2.17.3."""
    data, base = unit.info.range_lists, unit.low
    for _ in range(MOST_RANGES):
        kind, at = data[at], at + 1
        if kind == dw.RLE_END_OF_LIST:
            return
        if kind in (dw.RLE_BASE_ADDRESS, dw.RLE_START_END, dw.RLE_START_LENGTH):
            first, at = _U64.unpack_from(data, at)[0], at + 8
        else:
            first, at = uleb(data, at)
        if kind == dw.RLE_BASE_ADDRESS:
            base = first
        elif kind == dw.RLE_BASE_ADDRESSX:
            base = unit.indexed_address(first)
        else:
            second, at = (_U64.unpack_from(data, at)[0], at + 8) if kind == dw.RLE_START_END else uleb(data, at)
            low, high = _bounds(unit, kind, base, first, second)
            if low < high:
                yield low, high


def _bounds(unit: Unit, kind: int, base: int, first: int, second: int) -> tuple[int, int]:
    if kind == dw.RLE_OFFSET_PAIR:
        return base + first, base + second
    if kind == dw.RLE_START_END:
        return first, second
    if kind == dw.RLE_START_LENGTH:
        return first, first + second
    low = unit.indexed_address(first)
    if kind == dw.RLE_STARTX_ENDX:
        return low, unit.indexed_address(second)
    if kind == dw.RLE_STARTX_LENGTH:
        return low, low + second
    raise ValueError(f"unknown kind of range {kind}")

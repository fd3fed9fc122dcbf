"""Which unit an address belongs to: .debug_aranges where the compiler wrote it, else what the units' roots say."""

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from triage.symbols import dwarf_constants as dw
from triage.symbols.dwarf_ranges import ranges_of
from triage.symbols.dwarf_units import DebugInfo, Unit, UnitHeader

_WITH_CODE = (dw.UNIT_COMPILE, dw.UNIT_SKELETON)
_SET_HEADER = struct.Struct("<IHIBB")
_PAIR = struct.Struct("<QQ")

Span = tuple[int, int, UnitHeader]
"""First address, first beyond, unit."""


class UnitsByAddress:
    """Finds the unit of an address. Reading the roots of all units is costly, so those come last."""

    def __init__(self, info: DebugInfo) -> None:
        self._info = info

    def at(self, address: int) -> Unit | None:
        """The unit with code at ``address``."""
        header = self._listed.at(address) or self._unlisted.at(address)
        return self._info.unit(header) if header else None

    @cached_property
    def _listed(self) -> "_Spans":
        units = {header.offset: header for header in self._info.headers}
        found = _aranges(self._info.section(".debug_aranges"))
        return _Spans((low, high, units[offset]) for offset, low, high in found if offset in units)

    @cached_property
    def _unlisted(self) -> "_Spans":
        """The units that no table lists: clang writes none, and link-time optimization leaves some without code."""
        listed = self._listed.units
        return _Spans(
            (low, high, header)
            for header in self._info.headers
            if header.kind in _WITH_CODE and header.offset not in listed
            for unit in (self._info.unit(header),)
            if unit.has_code
            for low, high in ranges_of(unit, unit.root)
        )


class _Spans:
    """Spans of addresses, sorted. Those at address 0 are of code that the linker left out."""

    def __init__(self, spans: Iterable[Span]) -> None:
        found = sorted((span for span in spans if span[0]), key=lambda span: span[:2])
        self._lows = [low for low, _, _ in found]
        self._rest = [(high, header) for _, high, header in found]
        self.units = frozenset(header.offset for _, header in self._rest)

    def at(self, address: int) -> UnitHeader | None:
        index = bisect_right(self._lows, address) - 1
        return self._rest[index][1] if index >= 0 and address < self._rest[index][0] else None


def _aranges(section: memoryview) -> Iterator[tuple[int, int, int]]:
    """Unit offset, first address, first beyond, of each row (DWARF 5, 6.1.2). Ends at a set that cannot be read."""
    at = 0
    while at + _SET_HEADER.size <= len(section):
        length, _, offset, address_size, segment_size = _SET_HEADER.unpack_from(section, at)
        end = at + 4 + length
        # 64-bit DWARF (length 0xffffffff) is not met in programs of this size.
        if address_size != 8 or segment_size or end > len(section):
            return
        begin = at + _PAIR.size
        for low, size in _PAIR.iter_unpack(section[begin : begin + (end - begin) // _PAIR.size * _PAIR.size]):
            if size:
                yield offset, low, low + size
        at = end

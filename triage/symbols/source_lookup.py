"""From an address to functions, files and lines through the debug information: only the units met are decoded."""

from collections.abc import Callable

from triage.symbols.dwarf_aranges import UnitsByAddress
from triage.symbols.dwarf_functions import CallSite, Function, call_sites
from triage.symbols.dwarf_names import name_of
from triage.symbols.dwarf_ranges import ranges_of
from triage.symbols.dwarf_units import DebugInfo, Unit, reading
from triage.symbols.elf_image import ElfError
from triage.symbols.unit_source import Located, UnitSource


class SourceLookup:
    """Looks addresses of one file up in its debug information. Raises ``DwarfError`` if that is damaged.

    ``note`` is told of what costs part of the answers only.
    """

    def __init__(self, info: DebugInfo, note: Callable[[ElfError], None]) -> None:
        self._info = info
        self._note = note
        self._units = UnitsByAddress(info)
        self._sources: dict[int, UnitSource] = {}

    def at(self, address: int) -> tuple[Located, ...]:
        """What stands at ``address``, innermost first; empty if the debug information does not cover it."""
        with reading(self._info.image.name, "the debug information"):
            unit = self._unit_at(address)
            return unit.at(address) if unit else ()

    def function(self, address: int) -> Function | None:
        """The function with code at ``address``."""
        with reading(self._info.image.name, "the debug information"):
            unit = self._unit_at(address)
            return unit.functions.at(address) if unit else None

    def tail_calls(self, function: Function) -> tuple[CallSite, ...]:
        """The tail calls that the compiler described in a function."""
        with reading(self._info.image.name, "the debug information"):
            return tuple(call for call in call_sites(function) if call.tail)

    def call_before(self, return_address: int) -> CallSite | None:
        """The call that returns to an address."""
        with reading(self._info.image.name, "the debug information"):
            caller = self.function(return_address - 1)
            calls = call_sites(caller) if caller else ()
            return next((call for call in calls if call.return_pc == return_address and not call.tail), None)

    def called(self, unit: Unit, at: int) -> tuple[int | None, str | None]:
        """Entry and linkage name of the function that a call site refers to, each if it is known."""
        with reading(self._info.image.name, "the debug information"):
            die = unit.die(at)
            if die is None:
                return None, None
            ranges = ranges_of(unit, die)
            name = name_of(unit, die)
            return (ranges[0][0] if ranges else None), name.linkage or name.name

    def _unit_at(self, address: int) -> UnitSource | None:
        unit = self._units.at(address)
        if unit is None:
            return None
        return self._sources.setdefault(unit.header.offset, UnitSource(unit, self._note))

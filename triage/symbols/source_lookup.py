"""From an address to functions, files and lines through the debug information: only the units met are decoded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from triage.symbols import dwarf_constants as dw
from triage.symbols.dwarf_aranges import UnitsByAddress
from triage.symbols.dwarf_functions import CallSite, Function, UnitFunctions, call_sites, inlined_at
from triage.symbols.dwarf_lines import UnitLines
from triage.symbols.dwarf_names import FunctionName, name_of
from triage.symbols.dwarf_ranges import ranges_of
from triage.symbols.dwarf_units import DebugInfo, Die, Unit, reading
from triage.symbols.elf_image import ElfError


@dataclass(frozen=True, slots=True)
class Located:
    """One level of source code at an address; ``entry`` is the function's, ``None`` for an inlined call."""

    name: FunctionName | None
    file: str | None
    line: int | None
    entry: int | None


class SourceLookup:
    """Looks addresses of one file up in its debug information. Raises ``DwarfError`` if that is damaged.

    ``note`` is told of damages that cost lines only.
    """

    def __init__(self, info: DebugInfo, note: Callable[[ElfError], None]) -> None:
        self._info = info
        self._note = note
        self._units = UnitsByAddress(info)
        self._functions: dict[int, UnitFunctions] = {}
        self._lines: dict[int, UnitLines | None] = {}

    def at(self, address: int) -> tuple[Located, ...]:
        """What stands at ``address``, innermost first; empty if the debug information does not cover it."""
        with reading(self._info.image.name, "the debug information"):
            unit = self._units.at(address)
            return self._located(unit, address) if unit else ()

    def function(self, address: int) -> Function | None:
        """The function with code at ``address``."""
        with reading(self._info.image.name, "the debug information"):
            unit = self._units.at(address)
            return self._functions_of(unit).at(address) if unit else None

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

    def _functions_of(self, unit: Unit) -> UnitFunctions:
        return self._functions.setdefault(unit.header.offset, UnitFunctions(unit))

    def _lines_of(self, unit: Unit) -> UnitLines | None:
        key = unit.header.offset
        if key not in self._lines:
            offset = unit.number(unit.root, dw.AT_STMT_LIST)
            self._lines[key] = None if offset is None else self._opened(unit, offset)
        return self._lines[key]

    def _opened(self, unit: Unit, offset: int) -> UnitLines | None:
        with self._going_on():
            lines = UnitLines(unit, offset)
            lines.file(0)
            return lines if len(lines.table.addresses) else None
        return None

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        """A damaged line table takes the lines away, and nothing else."""
        try:
            with reading(self._info.image.name, ".debug_line"):
                yield
        except ElfError as error:
            self._note(error)

    def _located(self, unit: Unit, address: int) -> tuple[Located, ...]:
        lines = self._lines_of(unit)
        file, line = self._line(lines, address)
        function = self._functions_of(unit).at(address)
        if function is None:
            return (Located(None, file, line, None),) if file else ()
        found: list[Located] = []
        for die in reversed(inlined_at(function, address)):
            found.append(Located(name_of(unit, die), file, line, None))
            file, line = self._called_from(unit, die, lines)
        found.append(Located(name_of(unit, function.die), file, line, function.entry))
        return tuple(found)

    def _line(self, lines: UnitLines | None, address: int) -> tuple[str | None, int | None]:
        row = lines.table.at(address) if lines else None
        return (lines.file(row[0]), row[1] or None) if lines and row else (None, None)

    def _called_from(self, unit: Unit, die: Die, lines: UnitLines | None) -> tuple[str | None, int | None]:
        number = unit.number(die, dw.AT_CALL_FILE)
        file = lines.file(number) if lines and number is not None else None
        return file, unit.number(die, dw.AT_CALL_LINE)

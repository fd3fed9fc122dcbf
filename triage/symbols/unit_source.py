"""One unit of the debug information with what is decoded of it: its functions, its line table."""

from collections.abc import Callable
from functools import cached_property

from triage.records import dataclass
from triage.symbols import dwarf_constants as dw
from triage.symbols.dwarf_functions import UnitFunctions, inlined_at
from triage.symbols.dwarf_lines import UnitLines
from triage.symbols.dwarf_names import FunctionName, name_of
from triage.symbols.dwarf_split import entries_of
from triage.symbols.dwarf_units import Die, Unit, reading
from triage.symbols.elf_image import ElfError


@dataclass(frozen=True, slots=True)
class Located:
    """One level of source code at an address; ``entry`` is the function's, ``None`` for an inlined call."""

    name: FunctionName | None
    file: str | None
    line: int | None
    entry: int | None


class UnitSource:
    """A unit whose code is asked for. ``note`` is told of what costs lines only, or the entries of a .dwo file."""

    def __init__(self, unit: Unit, note: Callable[[ElfError], None]) -> None:
        self._unit = unit
        self._note = note

    def at(self, address: int) -> tuple[Located, ...]:
        """What stands at ``address``, innermost first."""
        row = self._lines.table.at(address) if self._lines else None
        file, line = (self._lines.file(row[0]), row[1]) if self._lines and row else (None, None)
        function = self.functions.at(address)
        if function is None:
            return (Located(None, file, line, None),) if file else ()
        found: list[Located] = []
        for die in reversed(inlined_at(function, address)):
            found.append(Located(name_of(self._entries, die), file, line, None))
            file, line = self._called_from(die)
        found.append(Located(name_of(self._entries, function.die), file, line, function.entry))
        return tuple(found)

    @cached_property
    def functions(self) -> UnitFunctions:
        """The unit's functions by address."""
        return UnitFunctions(self._entries)

    @cached_property
    def _entries(self) -> Unit:
        try:
            return entries_of(self._unit)
        except ElfError as error:
            self._note(error)
            return self._unit

    @cached_property
    def _lines(self) -> UnitLines | None:
        offset = self._unit.number(self._unit.root, dw.AT_STMT_LIST)
        return None if offset is None else self._opened(self._unit, offset)

    @cached_property
    def _files(self) -> UnitLines | None:
        """The table that the entries number files by: a .dwo file has one of its own, without lines."""
        if self._entries is self._unit:
            return self._lines
        return self._opened(self._entries, self._entries.number(self._entries.root, dw.AT_STMT_LIST) or 0)

    def _opened(self, unit: Unit, offset: int) -> UnitLines | None:
        """The table, decoded; if it is damaged the lines are gone, and nothing else."""
        try:
            with reading(unit.info.image.name, ".debug_line"):
                lines = UnitLines(unit, offset)
                lines.decode()
                return lines
        except ElfError as error:
            self._note(error)
            return None

    def _called_from(self, die: Die) -> tuple[str | None, int | None]:
        number = self._entries.number(die, dw.AT_CALL_FILE)
        file = self._files.file(number) if self._files and number is not None else None
        return file, self._entries.number(die, dw.AT_CALL_LINE)

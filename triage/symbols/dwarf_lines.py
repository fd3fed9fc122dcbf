"""The header of a line program, and the names of its files (DWARF 5, section 6.2.4; DWARF 4 likewise)."""

from functools import cached_property

from triage.records import dataclass
from triage.symbols.dwarf_forms import read_value
from triage.symbols.dwarf_line_program import LineTable, Parameters, run
from triage.symbols.dwarf_units import Unit
from triage.symbols.leb128 import uleb

MOST_FILES = 1_000_000
_CONTENT_PATH, _CONTENT_DIRECTORY = 1, 2


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    directory: int = 0


class UnitLines:
    """The line table of a unit with its file names. Raises like the other decoders if it is damaged."""

    def __init__(self, unit: Unit, offset: int) -> None:
        self._unit = unit
        section = unit.info.section(".debug_line")
        length, size, here = int.from_bytes(section[offset : offset + 4], "little"), 4, 4
        if length == 0xFFFFFFFF:
            length, size, here = int.from_bytes(section[offset + 4 : offset + 12], "little"), 8, 12
        if offset + here + length > len(section):
            raise ValueError("a line program reaches beyond the end")
        self._data = bytes(section[offset : offset + here + length])
        self._offset_size = size
        self.version = int.from_bytes(self._data[here : here + 2], "little")
        here += 4 if self.version >= 5 else 2
        self._program_at = here + size + int.from_bytes(self._data[here : here + size], "little")
        here += size
        # From version 4 on the maximum operations per instruction follow; they are 1 but for VLIW machines.
        at = here + (2 if self.version >= 4 else 1)
        base = self._data[at + 3]
        signed = self._data[at + 1] - 256 if self._data[at + 1] > 127 else self._data[at + 1]
        self._tables_at = at + 3 + base
        self._parameters = Parameters(
            instruction_length=self._data[here],
            default_is_stmt=bool(self._data[at]),
            line_base=signed,
            line_range=self._data[at + 2],
            opcode_base=base,
            operands=self._data[at + 4 : at + 3 + base],
        )

    def decode(self) -> None:
        """Decode all of it now, so that damage shows."""
        _ = self.table, self._names

    @cached_property
    def table(self) -> LineTable:
        """The rows."""
        return run(self._data[self._program_at :], self._parameters)

    def file(self, number: int) -> str | None:
        """The name of a file as the compiler was given it, with its directory unless that is the unit's own."""
        directories, files = self._names
        index = number if self.version >= 5 else number - 1
        if not 0 <= index < len(files):
            return None
        entry = files[index]
        if entry.name.startswith("/") or not entry.directory:
            return entry.name
        directory = self._directory(directories, entry.directory)
        return entry.name if directory in (None, self._unit.directory) else f"{directory}/{entry.name}"

    def _directory(self, directories: list[_Entry], number: int) -> str | None:
        index = number if self.version >= 5 else number - 1
        return directories[index].name if 0 <= index < len(directories) else None

    @cached_property
    def _names(self) -> tuple[list[_Entry], list[_Entry]]:
        """Directories and files."""
        if self.version >= 5:
            directories, at = self._described(self._tables_at)
            files, _ = self._described(at)
            return directories, files
        return self._listed()

    def _described(self, at: int) -> tuple[list[_Entry], int]:
        """A table of DWARF 5, which says of which fields its entries consist."""
        fields: list[tuple[int, int]] = []
        count, at = self._data[at], at + 1
        for _ in range(count):
            content, at = uleb(self._data, at)
            form, at = uleb(self._data, at)
            fields.append((content, form))
        count, at = uleb(self._data, at)
        entries: list[_Entry] = []
        for _ in range(min(count, MOST_FILES) if fields else 0):
            name, directory = "", 0
            for content, form in fields:
                value, at = read_value(self._data, at, form, self._offset_size)
                if content == _CONTENT_PATH:
                    name = self._unit.info.strings.text(self._unit, form, value) or ""
                elif content == _CONTENT_DIRECTORY and isinstance(value, int):
                    directory = value
            entries.append(_Entry(name, directory))
        return entries, at

    def _listed(self) -> tuple[list[_Entry], list[_Entry]]:
        """The two lists of DWARF 2 to 4, each ended by an empty name."""
        directories, files, at = [], [], self._tables_at
        while (end := self._data.index(0, at)) > at:
            directories.append(_Entry(self._data[at:end].decode("utf-8", "backslashreplace")))
            at = end + 1
        at += 1
        while (end := self._data.index(0, at)) > at:
            name = self._data[at:end].decode("utf-8", "backslashreplace")
            directory, at = uleb(self._data, end + 1)
            _, at = uleb(self._data, at)
            _, at = uleb(self._data, at)
            files.append(_Entry(name, directory))
        return directories, files

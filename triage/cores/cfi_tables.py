"""Finds the call frame information for an address: ``.eh_frame`` by its search table, else whatever the file has.

The search table ``.eh_frame_hdr`` is mapped with the program, so both are read like any memory of the process.
Format: Linux Standard Base, "Exception Frames" and "Exception Frame Header".
"""

import struct
from collections.abc import Iterator

from triage.cores.cfi_entries import MOST_ENTRY_BYTES, CfiError, FrameRules, decode_rules
from triage.cores.cfi_list import EntryList
from triage.cores.images import ImageFinder
from triage.cores.memory import Memory
from triage.cores.modules import PT_GNU_EH_FRAME, Module, Modules
from triage.model import Problem, TriageError
from triage.records import dataclass

_HEADER = struct.Struct("<BBBBiI")
_PAIR = struct.Struct("<ii")
_FIELD = struct.Struct("<I")
_USUAL_ENCODINGS = (0x1B, 0x03, 0x3B)
"""Pointer: relative, 4 bytes; count: 4 bytes; table: relative to the header, 4 bytes. Linkers write no other form."""


@dataclass(frozen=True, slots=True)
class _SearchTable:
    header: int
    count: int


class CfiTables:
    """The call frame information of all modules. What has been decoded is kept: recursion asks again and again."""

    def __init__(self, modules: Modules, memory: Memory, images: ImageFinder) -> None:
        self._modules = modules
        self._memory = memory
        self._images = images
        self._search_tables: dict[int, _SearchTable | None] = {}
        self.problems: list[Problem] = []
        self._lists: dict[int, tuple[EntryList, ...]] = {}
        self._rules: dict[int, FrameRules | None] = {}

    def rules_at(self, pc: int) -> FrameRules | None:
        """The rules for ``pc``, or ``None`` if no table speaks of it. Raises ``CfiError`` if a table is damaged."""
        if pc not in self._rules:
            module = self._modules.at(pc)
            self._rules[pc] = None if module is None else self._find(module, pc)
        return self._rules[pc]

    def _find(self, module: Module, pc: int) -> FrameRules | None:
        rules = self._in_eh_frame(module, pc)
        for entries in self._lists_of(module) if rules is None else ():
            rules = rules or entries.rules_at(module.offset_of(pc))
        return rules

    def _in_eh_frame(self, module: Module, pc: int) -> FrameRules | None:
        if module.start not in self._search_tables:
            self._search_tables[module.start] = self._search_table(module)
        table = self._search_tables[module.start]
        entry_address = self._search(table, pc) if table else None
        if entry_address is None:
            return None
        entry = self._entry(entry_address)
        pointer_at = entry_address + _FIELD.size
        return decode_rules(
            pc, self._entry(pointer_at - _FIELD.unpack_from(entry, 4)[0]), entry, entry_address, eh=True
        )

    def _search_table(self, module: Module) -> _SearchTable | None:
        segment = module.segment(PT_GNU_EH_FRAME)
        raw = self._memory.read(module.load_bias + segment.vaddr, _HEADER.size) if segment else None
        if segment is None or raw is None:
            return None
        version, *encodings, _, count = _HEADER.unpack(raw)
        if version != 1 or tuple(encodings) != _USUAL_ENCODINGS:
            return None
        return _SearchTable(module.load_bias + segment.vaddr, count)

    def _search(self, table: _SearchTable, pc: int) -> int | None:
        """The address of the last entry that begins at or before ``pc``: a binary search in the process's memory."""
        low, high, found = 0, table.count, None
        while low < high:
            middle = (low + high) // 2
            raw = self._memory.read(table.header + _HEADER.size + middle * _PAIR.size, _PAIR.size)
            if raw is None:
                return None
            start, entry = _PAIR.unpack(raw)
            if table.header + start <= pc:
                low, found = middle + 1, table.header + entry
            else:
                high = middle
        return found

    def _entry(self, address: int) -> bytes:
        """A CIE or FDE with its length field."""
        raw = self._memory.read(address, _FIELD.size)
        size = _FIELD.unpack(raw)[0] if raw else 0
        content = self._memory.read(address, size + _FIELD.size) if 4 <= size <= MOST_ENTRY_BYTES else None
        if content is None:
            raise CfiError(f"no entry of call frame information at {address:#x}")
        return content

    def _lists_of(self, module: Module) -> tuple[EntryList, ...]:
        if module.start not in self._lists:
            try:
                self._lists[module.start] = tuple(self._entry_lists(module))
            except TriageError as error:
                self._lists[module.start] = ()
                self.problems.append(Problem(str(error), error.hint))
        return self._lists[module.start]

    def _entry_lists(self, module: Module) -> Iterator[EntryList]:
        """The tables of the file that have no search table: ``.eh_frame`` of a static program, ``.debug_frame``."""
        image = self._images(module)
        if image is None:
            return
        for name, eh in ((".eh_frame", True), (".debug_frame", False)):
            if eh and module.segment(PT_GNU_EH_FRAME):
                continue
            section, content = image.section(name), image.read_section(name)
            if section is not None and content is not None:
                yield EntryList(content, section.vaddr, eh=eh)

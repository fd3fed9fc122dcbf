"""Finds the call frame information for an address: ``.eh_frame`` by its search table, else ``.debug_frame``.

The search table ``.eh_frame_hdr`` is mapped with the program, so both are read like any memory of the process.
Format: Linux Standard Base, "Exception Frames" and "Exception Frame Header".
"""

import struct
from bisect import bisect_right
from dataclasses import dataclass

from triage.cores.cfi_entries import MOST_ENTRY_BYTES, CfiError, FrameRules, decode_rules
from triage.cores.images import ImageFinder
from triage.cores.memory import Memory
from triage.cores.modules import PT_GNU_EH_FRAME, Module, Modules

MOST_DEBUG_FRAMES = 1_000_000

_HEADER = struct.Struct("<BBBBiI")
_PAIR = struct.Struct("<ii")
_FIELD = struct.Struct("<I")
_USUAL_ENCODINGS = (0x1B, 0x03, 0x3B)
"""Pointer: relative, 4 bytes; count: 4 bytes; table: relative to the header, 4 bytes. Linkers write no other form."""

_COMMON_ENTRY = 0xFFFFFFFF
_DEBUG_ENTRY = struct.Struct("<II")
_RANGE = struct.Struct("<QQ")


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
        self._debug_frames: dict[int, DebugFrames | None] = {}
        self._rules: dict[int, FrameRules | None] = {}

    def rules_at(self, pc: int) -> FrameRules | None:
        """The rules for ``pc``, or ``None`` if no table speaks of it. Raises ``CfiError`` if a table is damaged."""
        if pc not in self._rules:
            module = self._modules.at(pc)
            self._rules[pc] = None if module is None else self._find(module, pc)
        return self._rules[pc]

    def _find(self, module: Module, pc: int) -> FrameRules | None:
        rules = self._in_eh_frame(module, pc)
        if rules is None:
            frames = self._debug_frames_of(module)
            rules = frames.rules_at(module.offset_of(pc)) if frames else None
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

    def _debug_frames_of(self, module: Module) -> "DebugFrames | None":
        if module.start not in self._debug_frames:
            image = self._images(module)
            section = image.read_section(".debug_frame") if image else None
            self._debug_frames[module.start] = DebugFrames(section) if section is not None else None
        return self._debug_frames[module.start]


class DebugFrames:
    """The entries of one ``.debug_frame``, which has no search table: their addresses are listed once."""

    def __init__(self, section: memoryview) -> None:
        self._section = section
        self._entries = sorted(self._list())
        self._starts = [start for start, _, _ in self._entries]

    def rules_at(self, vaddr: int) -> FrameRules | None:
        """The rules for an address of the file. Raises ``CfiError`` if they are damaged."""
        index = bisect_right(self._starts, vaddr) - 1
        if index < 0 or vaddr >= self._entries[index][1]:
            return None
        at = self._entries[index][2]
        entry = self._entry(at)
        common = self._entry(_FIELD.unpack_from(entry, _FIELD.size)[0])
        return decode_rules(vaddr, common, entry, at, eh=False)

    def _list(self) -> list[tuple[int, int, int]]:
        """First address, address after the last, and offset in the section, for every FDE of 32-bit DWARF."""
        found: list[tuple[int, int, int]] = []
        at, section = 0, self._section
        while at + _DEBUG_ENTRY.size + _RANGE.size <= len(section) and len(found) < MOST_DEBUG_FRAMES:
            size, common = _DEBUG_ENTRY.unpack_from(section, at)
            if common != _COMMON_ENTRY:
                start, length = _RANGE.unpack_from(section, at + _DEBUG_ENTRY.size)
                found.append((start, start + length, at))
            at += _FIELD.size + size
        return found

    def _entry(self, at: int) -> bytes:
        if at + _FIELD.size > len(self._section):
            raise CfiError("an entry of .debug_frame lies outside of it")
        (size,) = _FIELD.unpack_from(self._section, at)
        if size > MOST_ENTRY_BYTES:
            raise CfiError(f"an entry of .debug_frame with {size} bytes")
        return bytes(self._section[at : at + _FIELD.size + size])

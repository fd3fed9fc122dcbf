"""Call frame information without a search table: the entries' addresses are listed once, from first to last.

That is ``.debug_frame``, and ``.eh_frame`` of static programs, which the linker gives no ``.eh_frame_hdr``.
"""

import struct
from bisect import bisect_right

from triage.cores.cfi_entries import MOST_ENTRY_BYTES, CfiError, FrameRules, decode_rules

MOST_ENTRIES = 1_000_000

_FIELD = struct.Struct("<I")
_HEAD = struct.Struct("<II")
_DEBUG_RANGE = struct.Struct("<QQ")
_EH_RANGE = struct.Struct("<iI")
_DEBUG_CIE, _EH_CIE = 0xFFFFFFFF, 0


class EntryList:
    """The entries of one section of 32-bit DWARF. ``address`` is the section's, before the load bias.

    Addresses in ``.eh_frame`` are taken for relative ones of 4 bytes, as GCC and clang make them for programs of less
    than 2 GiB. Where that is wrong the decoded entry tells another range, and so says nothing.
    """

    def __init__(self, section: memoryview, address: int, *, eh: bool) -> None:
        self._section = section
        self._address = address
        self._eh = eh
        self._entries = sorted(self._list())
        self._starts = [start for start, _, _ in self._entries]

    def rules_at(self, vaddr: int) -> FrameRules | None:
        """The rules for an address of the file, or ``None``. Raises ``CfiError`` if they are damaged."""
        index = bisect_right(self._starts, vaddr) - 1
        if index < 0 or vaddr >= self._entries[index][1]:
            return None
        at = self._entries[index][2]
        entry = self._entry(at)
        pointer = _FIELD.unpack_from(entry, _FIELD.size)[0]
        common = self._entry(at + _FIELD.size - pointer if self._eh else pointer)
        return decode_rules(vaddr, common, entry, self._address + at, eh=self._eh)

    def _list(self) -> list[tuple[int, int, int]]:
        """First address, address after the last, and offset in the section, for every FDE."""
        found: list[tuple[int, int, int]] = []
        at, section = 0, self._section
        common = _EH_CIE if self._eh else _DEBUG_CIE
        layout = _EH_RANGE if self._eh else _DEBUG_RANGE
        while at + _HEAD.size + layout.size <= len(section) and len(found) < MOST_ENTRIES:
            size, pointer = _HEAD.unpack_from(section, at)
            if pointer != common:
                start, length = layout.unpack_from(section, at + _HEAD.size)
                start += self._address + at + _HEAD.size if self._eh else 0
                found.append((start, start + length, at))
            at += _FIELD.size + size
        return found

    def _entry(self, at: int) -> bytes:
        if not 0 <= at <= len(self._section) - _FIELD.size:
            raise CfiError("an entry of call frame information lies outside its section")
        (size,) = _FIELD.unpack_from(self._section, at)
        if size > MOST_ENTRY_BYTES:
            raise CfiError(f"an entry of call frame information with {size} bytes")
        return bytes(self._section[at : at + _FIELD.size + size])

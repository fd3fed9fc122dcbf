"""DWARF packages (.dwp): the split units of a program in one file, as ``dwp`` and ``llvm-dwp`` put them together.

An index says which part of each section belongs to a unit. Format: DWARF 5, section 7.3.5; version 2 of the index is
GNU's for DWARF 4, which numbers the sections that are read here alike.
"""

import struct
from collections.abc import Mapping

from triage.symbols.elf_image import ElfImage

INDEX = ".debug_cu_index"
MOST_UNITS = 1_000_000
_HEADER = struct.Struct("<HHIII")
_SECTIONS = {1: ".debug_info", 3: ".debug_abbrev", 4: ".debug_line", 6: ".debug_str_offsets"}
_RANGE_LISTS = 8
_VERSIONS = (2, 5)

Parts = Mapping[str, tuple[int, int]]
"""The begin and end of a unit's part in each section that is divided, by the section's name without ``.dwo``."""


def parts_of(package: ElfImage, split_id: int) -> Parts | None:
    """Where the unit with that id stands in a package; ``None`` if it is not in it.

    Raises ``ValueError`` or ``struct.error`` if the index is damaged.
    """
    index = package.read_section(INDEX)
    if index is None:
        return None
    version, _, columns, units, slots = _HEADER.unpack_from(index)
    if version not in _VERSIONS or units > MOST_UNITS or slots & (slots - 1):
        raise ValueError("an index of a kind that is not known")
    ids_at = _HEADER.size
    rows_at, kinds_at = ids_at + 8 * slots, ids_at + 12 * slots
    ids = struct.unpack_from(f"<{slots}Q", index, ids_at)
    row = struct.unpack_from("<I", index, rows_at + 4 * ids.index(split_id))[0] if split_id in ids else 0
    if not row:
        return None
    kinds = struct.unpack_from(f"<{columns}I", index, kinds_at)
    offsets_at = kinds_at + 4 * columns + 4 * columns * (row - 1)
    offsets = struct.unpack_from(f"<{columns}I", index, offsets_at)
    sizes = struct.unpack_from(f"<{columns}I", index, offsets_at + 4 * columns * units)
    names = {**_SECTIONS, **({_RANGE_LISTS: ".debug_rnglists"} if version >= 5 else {})}
    return {
        names[kind]: (offset, offset + size)
        for kind, offset, size in zip(kinds, offsets, sizes, strict=True)
        if kind in names
    }

"""The units of .debug_info: headers, entries, and the values of their attributes."""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from triage.records import dataclass
from triage.symbols import dwarf_constants as dw
from triage.symbols.dwarf_abbreviations import Abbreviation, Table
from triage.symbols.dwarf_forms import Block, RawValue, read_value, take_step
from triage.symbols.dwarf_packages import Parts
from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.leb128 import uleb

MOST_UNITS = 200_000

_DAMAGE = (IndexError, KeyError, ValueError, struct.error, OverflowError)
_DWARF64 = 0xFFFFFFFF
_INFO, _TYPES = ".debug_info", ".debug_types"


class DwarfError(ElfError):
    """The debug information of a file contradicts itself, or is of a kind that cannot be read."""


@contextmanager
def reading(name: str, what: str) -> Iterator[None]:
    """The decoders index without checks of their own; out of range or out of tables means a damaged file."""
    try:
        yield
    except _DAMAGE as error:
        raise DwarfError(
            f"{name}: {what} cannot be read ({error or type(error).__name__})", "Copy the debug file again."
        ) from error


@dataclass(frozen=True, slots=True)
class Die:
    """A debugging information entry: its attributes as (form, raw value), and where the next entry begins."""

    at: int
    shape: Abbreviation
    attributes: dict[int, tuple[int, RawValue]]
    end: int


@dataclass(frozen=True, slots=True)
class UnitHeader:
    """Where a unit stands in .debug_info; ``first`` is its root entry, counted from the unit's begin.

    ``split_id`` ties a skeleton unit to the file that holds its entries (DWARF 5; before, it is an attribute).
    A type unit has the ``signature`` of its type, whose entry stands at ``type_at``; DWARF 4 keeps such units in a
    ``section`` of their own.
    """

    offset: int
    end: int
    version: int
    kind: int
    offset_size: int
    abbreviations_at: int
    first: int
    split_id: int | None = None
    signature: int | None = None
    type_at: int = 0
    section: str = _INFO


class Unit:
    """One unit with its bytes. Positions of entries (``at``) count from the unit's begin, as references do."""

    def __init__(self, info: "DebugInfo", header: UnitHeader) -> None:
        self.info = info
        self.header = header
        self.version = header.version
        self.data = bytes(info.section(header.section)[header.offset : header.end])
        self.table: Table = info.abbreviations(header.abbreviations_at, header.offset_size)

    @cached_property
    def root(self) -> Die:
        """The unit's own entry."""
        root = self.die(self.header.first)
        if root is None:
            raise DwarfError(f"{self.info.image.name}: a unit of .debug_info is empty")
        return root

    @property
    def has_code(self) -> bool:
        """Whether the unit's own entry states addresses; told without decoding it."""
        code, _ = uleb(self.data, self.header.first)
        return self.table[code].has_code

    def die(self, at: int) -> Die | None:
        """The entry at ``at``; ``None`` for the null entry that ends a list of children."""
        code, end = uleb(self.data, at)
        if not code:
            return None
        shape = self.table[code]
        found: dict[int, tuple[int, RawValue]] = {}
        for attribute, form, constant in shape.attributes:
            if form == dw.FORM_IMPLICIT_CONST:
                found[attribute] = (form, constant)
            else:
                value, end = read_value(self.data, end, form, self.header.offset_size)
                found[attribute] = (form, value)
        return Die(at, shape, found, end)

    def after(self, at: int, shape: Abbreviation) -> int:
        """Where the entry ends whose attributes begin at ``at``."""
        for step in shape.steps:
            at = at + step if step >= 0 else take_step(self.data, at, step)
        return at

    def sibling(self, at: int, shape: Abbreviation) -> int | None:
        """The next sibling of the entry whose attributes begin at ``at``, if it says where that is."""
        if shape.before_sibling is None:
            return None
        place = at
        for step in shape.before_sibling:
            place = place + step if step >= 0 else take_step(self.data, place, step)
        found = int.from_bytes(self.data[place : place + 4], "little")
        if found <= at:
            raise ValueError("an entry's next sibling stands before it")
        return found

    def number(self, die: Die, attribute: int) -> int | None:
        """An attribute that is a plain number, an offset or a flag; ``None`` if the entry has no such one."""
        _, value = die.attributes.get(attribute, (0, None))
        return value if isinstance(value, int) else None

    def text(self, die: Die, attribute: int) -> str | None:
        """An attribute that is a string."""
        if attribute not in die.attributes:
            return None
        form, value = die.attributes[attribute]
        return self.info.strings.text(self, form, value)

    def address(self, die: Die, attribute: int) -> int | None:
        """An attribute that is an address."""
        if attribute not in die.attributes:
            return None
        form, value = die.attributes[attribute]
        if not isinstance(value, int):
            return None
        return value if form == dw.FORM_ADDR else self.indexed_address(value)

    def indexed_address(self, index: int) -> int:
        """Entry ``index`` of the unit's part of .debug_addr."""
        at = self._address_base + 8 * index
        return int(_U64.unpack_from(self.info.section(".debug_addr"), at)[0])

    def reference(self, die: Die, attribute: int) -> "tuple[Unit, int] | None":
        """The unit and position of the entry that an attribute refers to; ``None`` if there is none to be had."""
        form, value = die.attributes.get(attribute, (0, None))
        if not isinstance(value, int):
            return None
        if form == dw.FORM_REF_ADDR:
            return self.info.entry(value)
        if form in (dw.FORM_GNU_REF_ALT, dw.FORM_REF_SUP4, dw.FORM_REF_SUP8):
            return self.info.shared.entry(value) if self.info.shared else None
        if form == dw.FORM_REF_SIG8:
            return self.info.type_entry(value)
        return (self, value) if form in _LOCAL_REFERENCES else None

    @property
    def _stated(self) -> "Unit":
        """The unit that states the bases of tables: for the entries in a .dwo file, the skeleton in the program."""
        return self.info.skeleton or self

    @cached_property
    def _address_base(self) -> int:
        stated = self._stated
        return stated.number(stated.root, dw.AT_ADDR_BASE) or stated.number(stated.root, dw.AT_GNU_ADDR_BASE) or 0

    @cached_property
    def string_offsets_base(self) -> int:
        """Where the unit's part of .debug_str_offsets begins; in a .dwo file behind the header that DWARF 5 has."""
        if self.info.skeleton is not None:
            return 2 * self.header.offset_size if self.version >= 5 else 0
        return self.number(self.root, dw.AT_STR_OFFSETS_BASE) or 0

    @cached_property
    def range_lists_base(self) -> int:
        """Where the offsets of the unit's part of .debug_rnglists begin; in a .dwo file behind the header."""
        if self.info.skeleton is not None:
            return 8 + self.header.offset_size
        return self.number(self.root, dw.AT_RNGLISTS_BASE) or 0

    @cached_property
    def ranges_base(self) -> int:
        """What a .dwo file of DWARF 4 counts its offsets into .debug_ranges from."""
        skeleton = self.info.skeleton
        return (skeleton.number(skeleton.root, dw.AT_GNU_RANGES_BASE) or 0) if skeleton else 0

    @cached_property
    def low(self) -> int:
        """The base address of the unit's range lists."""
        return self._stated.address(self._stated.root, dw.AT_LOW_PC) or 0

    @cached_property
    def directory(self) -> str | None:
        """The directory in which it was compiled."""
        return self._stated.text(self._stated.root, dw.AT_COMP_DIR)


_LOCAL_REFERENCES = (dw.FORM_REF1, dw.FORM_REF2, dw.FORM_REF4, dw.FORM_REF8, dw.FORM_REF_UDATA)
_U64 = struct.Struct("<Q")
_ONLY_IN_PROGRAM = (".debug_addr", ".debug_ranges")
"""A .dwo file holds nothing that the linker must relocate, and names its sections with the suffix .dwo."""


class DebugInfo:
    """The .debug_info of a file. ``shared`` is that of the file which dwz moved common parts to, if it was found.

    Of a .dwo file, which holds the entries of one unit, ``skeleton`` is what the program itself has of that unit.
    Of a package ``parts`` says what of its sections belongs to the unit.
    """

    def __init__(
        self,
        image: ElfImage,
        shared: "DebugInfo | None" = None,
        skeleton: "Unit | None" = None,
        parts: Parts | None = None,
    ) -> None:
        self.image = image
        self._parts = parts or {}
        self.shared = shared
        self.skeleton = skeleton
        self.strings = Strings(self)
        self._tables: dict[tuple[int, int], Table] = {}
        self._units: dict[tuple[str, int], Unit] = {}
        self._empty = memoryview(b"")

    def section(self, name: str) -> memoryview:
        """The content of a section; nothing if there is none."""
        if self.skeleton is not None and name in _ONLY_IN_PROGRAM:
            return self.skeleton.info.section(name)
        content = self.image.read_section(f"{name}.dwo" if self.skeleton is not None else name)
        if content is None:
            return self._empty
        begin, end = self._parts.get(name, (0, len(content)))
        return content[begin:end]

    @cached_property
    def headers(self) -> tuple[UnitHeader, ...]:
        """The headers of all units, in their order."""
        return self._headers_in(_INFO)

    @cached_property
    def type_headers(self) -> "dict[int, UnitHeader]":
        """The headers of the type units by signature (gcc -fdebug-types-section)."""
        own = self._headers_in(_TYPES) if len(self.section(_TYPES)) else ()
        return {header.signature: header for header in (*self.headers, *own) if header.signature is not None}

    def type_entry(self, signature: int) -> "tuple[Unit, int] | None":
        """The type with that signature, as unit and position."""
        header = self.type_headers.get(signature)
        return (self.unit(header), header.type_at) if header is not None else None

    def _headers_in(self, section: str) -> tuple[UnitHeader, ...]:
        content, at = self.section(section), 0
        found: list[UnitHeader] = []
        while at < len(content):
            if len(found) == MOST_UNITS:
                raise ValueError("more units than any program has")
            found.append(_header(content, at, section))
            at = found[-1].end
        return tuple(found)

    @cached_property
    def _offsets(self) -> list[int]:
        return [header.offset for header in self.headers]

    def unit(self, header: UnitHeader) -> Unit:
        """The unit of a header."""
        key = (header.section, header.offset)
        if key not in self._units:
            self._units[key] = Unit(self, header)
        return self._units[key]

    def entry(self, offset: int) -> tuple[Unit, int]:
        """The unit that holds the entry at ``offset`` of .debug_info, and the position within it."""
        index = bisect_right(self._offsets, offset) - 1
        header = self.headers[index]
        if index < 0 or offset >= header.end:
            raise ValueError("a reference to an entry outside all units")
        return self.unit(header), offset - header.offset

    def abbreviations(self, at: int, offset_size: int) -> Table:
        """The abbreviation table at ``at``; units often share one."""
        key = (at, offset_size)
        if key not in self._tables:
            self._tables[key] = Table(self._abbreviation_bytes, at, offset_size)
        return self._tables[key]

    @cached_property
    def _abbreviation_bytes(self) -> bytes:
        return bytes(self.section(".debug_abbrev"))

    @cached_property
    def range_lists(self) -> bytes:
        """The content of .debug_rnglists."""
        return bytes(self.section(".debug_rnglists"))


class Strings:
    """The string tables of a file, looked up by the form of an attribute."""

    def __init__(self, info: DebugInfo) -> None:
        self._info = info

    def text(self, unit: Unit, form: int, value: RawValue | Block) -> str | None:
        """The text that an attribute of ``unit`` stands for; ``None`` if it is in a file that was not found."""
        if isinstance(value, bytes):
            return value.decode("utf-8", "backslashreplace")
        if not isinstance(value, int):
            return None
        if form == dw.FORM_STRP:
            return self.at(".debug_str", value)
        if form == dw.FORM_LINE_STRP:
            return self.at(".debug_line_str", value)
        if form in (dw.FORM_GNU_STRP_ALT, dw.FORM_STRP_SUP):
            shared = self._info.shared
            return shared.strings.at(".debug_str", value) if shared else None
        return self._indexed(unit, value) if form in _INDEXED else None

    def _indexed(self, unit: Unit, index: int) -> str:
        size = unit.header.offset_size
        at = unit.string_offsets_base + size * index
        offsets = self._info.section(".debug_str_offsets")
        return self.at(".debug_str", int.from_bytes(offsets[at : at + size], "little"))

    def at(self, section: str, offset: int) -> str:
        """The text at ``offset`` of a string section."""
        table = self._info.section(section)
        size = 64
        while True:
            piece = bytes(table[offset : offset + size])
            text, ended, _ = piece.partition(b"\0")
            if ended or len(piece) < size or size > MOST_TEXT:
                return text.decode("utf-8", "backslashreplace")
            size *= 8


_INDEXED = (dw.FORM_STRX, dw.FORM_STRX1, dw.FORM_STRX2, dw.FORM_STRX3, dw.FORM_STRX4, dw.FORM_GNU_STR_INDEX)
MOST_TEXT = 1 << 20


def _header(info: memoryview, at: int, section: str) -> UnitHeader:
    """A unit header (DWARF 5, section 7.5.1; of .debug_types DWARF 4, section 7.5.1.2)."""
    length, size, here = int.from_bytes(info[at : at + 4], "little"), 4, at + 4
    if length == _DWARF64:
        length, size, here = int.from_bytes(info[at + 4 : at + 12], "little"), 8, at + 12
    end = here + length
    if not length or end > len(info):
        raise ValueError("a unit reaches beyond the end")
    version, kind = int.from_bytes(info[here : here + 2], "little"), dw.UNIT_COMPILE
    here += 2
    if version >= 5:
        kind, here = info[here], here + 2
    abbreviations_at = int.from_bytes(info[here : here + size], "little")
    here += size + (1 if version < 5 else 0)
    split_id, signature, type_at = None, None, 0
    if section == _TYPES:
        kind = dw.UNIT_TYPE
    if kind in (dw.UNIT_SKELETON, dw.UNIT_SPLIT_COMPILE):
        split_id, here = int.from_bytes(info[here : here + 8], "little"), here + 8
    elif kind in (dw.UNIT_TYPE, dw.UNIT_SPLIT_TYPE):
        signature = int.from_bytes(info[here : here + 8], "little")
        type_at, here = int.from_bytes(info[here + 8 : here + 8 + size], "little"), here + 8 + size
    return UnitHeader(
        at, end, version, kind, size, abbreviations_at, here - at, split_id, signature, type_at, section
    )

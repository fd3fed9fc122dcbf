"""Finds the types and variables of a program in its debug information, and decodes those that are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from triage.symbols import dwarf_constants as dw
from triage.symbols.c_types import CType, Member, Shape, TypeRef
from triage.symbols.dwarf_children import children
from triage.symbols.dwarf_names import MOST_ORIGINS
from triage.symbols.dwarf_split import entries_of
from triage.symbols.dwarf_units import DebugInfo, Die, Unit, reading
from triage.symbols.elf_image import ElfError
from triage.symbols.leb128 import uleb

MOST_UNITS_SEARCHED = 400
_WITH_TYPES = (dw.UNIT_COMPILE, dw.UNIT_PARTIAL, dw.UNIT_SKELETON)
_PASSED_OVER = (dw.TAG_TYPEDEF, dw.TAG_CONST_TYPE, dw.TAG_VOLATILE_TYPE, dw.TAG_RESTRICT_TYPE, dw.TAG_ATOMIC_TYPE)
_SHAPES: Mapping[int, Shape] = {
    dw.TAG_BASE_TYPE: Shape.NUMBER,
    dw.TAG_POINTER_TYPE: Shape.POINTER,
    dw.TAG_STRUCTURE_TYPE: Shape.STRUCT,
    dw.TAG_CLASS_TYPE: Shape.STRUCT,
    dw.TAG_UNION_TYPE: Shape.UNION,
    dw.TAG_ENUMERATION_TYPE: Shape.ENUM,
    dw.TAG_ARRAY_TYPE: Shape.ARRAY,
    dw.TAG_SUBROUTINE_TYPE: Shape.FUNCTION,
}
_SIGNED = (dw.ATE_SIGNED, dw.ATE_SIGNED_CHAR)
_POINTER_BYTES = 8
_VOID = CType(Shape.VOID)


class Types:
    """The types of one file. Raises ``DwarfError`` where the debug information is damaged."""

    def __init__(self, info: DebugInfo) -> None:
        self._info = info
        self._known: dict[tuple[int, str, int, int], CType] = {}
        self._type_units: dict[str | None, TypeRef] | None = None
        self._found: dict[tuple[int, str, tuple[str, ...]], TypeRef | None] = {}

    def variable(self, name: str, sources: Sequence[str], *, everywhere: bool = True) -> CType | None:
        """The type of a global variable, looked for in the units of the ``sources`` (file names) first, or only."""
        die = self._find(dw.TAG_VARIABLE, name, sources, everywhere=everywhere)
        if die is None:
            return None
        with reading(self._info.image.name, "the debug information"):
            entry = die[0].die(die[1])
            return self.of(die[0].reference(entry, dw.AT_TYPE)) if entry else None

    def structure(self, name: str, sources: Sequence[str]) -> CType | None:
        """The complete struct of that name, looked for in the units of the ``sources`` only."""
        found = self._find(dw.TAG_STRUCTURE_TYPE, name, sources, everywhere=False) or self._type_unit(name)
        return self.of(found) if found else None

    def of(self, ref: TypeRef | None) -> CType:
        """The type that an entry describes; no entry stands for ``void``."""
        with reading(self._info.image.name, "the debug information"):
            for _ in range(MOST_ORIGINS):
                die = ref[0].die(ref[1]) if ref is not None else None
                if ref is None or die is None:
                    return _VOID
                elsewhere = ref[0].reference(die, dw.AT_SIGNATURE)
                if die.shape.tag not in _PASSED_OVER and elsewhere is None:
                    return self._kept(ref[0], die)
                ref = elsewhere or ref[0].reference(die, dw.AT_TYPE)
        return _VOID

    def _kept(self, unit: Unit, die: Die) -> CType:
        key = (id(unit.info), unit.header.section, unit.header.offset, die.at)
        if key not in self._known:
            self._known[key] = _decoded(unit, die)
        return self._known[key]

    def _find(self, tag: int, name: str, sources: Sequence[str], *, everywhere: bool = True) -> TypeRef | None:
        key = (tag, name, tuple(sources))
        if key not in self._found:
            with reading(self._info.image.name, "the debug information"):
                found = (die for unit in self._units(sources, everywhere) for die in _named(unit, tag, name))
                self._found[key] = next(found, None)
        return self._found[key]

    def _type_unit(self, name: str) -> TypeRef | None:
        """The complete struct of that name among the type units, which belong to no source."""
        with reading(self._info.image.name, "the debug information"):
            if self._type_units is None:
                self._type_units = {}
                for header in self._info.type_headers.values():
                    unit = self._info.unit(header)
                    die = unit.die(header.type_at)
                    if die is not None and die.shape.tag == dw.TAG_STRUCTURE_TYPE:
                        self._type_units[unit.text(die, dw.AT_NAME)] = (unit, header.type_at)
        return self._type_units.get(name)

    def _units(self, sources: Sequence[str], everywhere: bool) -> Iterator[Unit]:
        """The units of the sources, then all others, as far as the search may go."""
        headers = [header for header in self._info.headers if header.kind in _WITH_TYPES]
        units = [self._info.unit(header) for header in headers]
        first = [unit for unit in units if _source(unit) in sources]
        rest = [unit for unit in units if unit not in first][:MOST_UNITS_SEARCHED] if everywhere else []
        for unit in (*first, *rest):
            try:
                yield entries_of(unit)
            except ElfError:
                continue  # the file with this unit's entries is not there: another unit may know the type


def _source(unit: Unit) -> str | None:
    name = unit.text(unit.root, dw.AT_NAME) or unit.text(unit.root, dw.AT_DWO_NAME)
    return PurePosixPath(name).name.removesuffix(".dwo") if name else None


def _named(unit: Unit, tag: int, name: str) -> Iterator[TypeRef]:
    """The entries at the top of a unit with that tag and name that are more than declarations of a struct."""
    for die in children(unit, unit.root, (tag,)):
        declared = tag != dw.TAG_VARIABLE and unit.number(die, dw.AT_DECLARATION)
        if not declared and unit.text(die, dw.AT_NAME) == name:
            yield unit, die.at


def _decoded(unit: Unit, die: Die) -> CType:
    shape = _SHAPES.get(die.shape.tag, Shape.VOID)
    size = unit.number(die, dw.AT_BYTE_SIZE)
    return CType(
        shape=shape,
        name=unit.text(die, dw.AT_NAME),
        size=_POINTER_BYTES if shape is Shape.POINTER else size,
        signed=unit.number(die, dw.AT_ENCODING) in _SIGNED,
        members=tuple(_members(unit, die)) if shape in (Shape.STRUCT, Shape.UNION) else (),
        target=unit.reference(die, dw.AT_TYPE) if shape in (Shape.POINTER, Shape.ARRAY) else None,
        count=_count(unit, die) if shape is Shape.ARRAY else None,
        enumerators=tuple(_enumerators(unit, die)) if shape is Shape.ENUM else (),
    )


def _members(unit: Unit, die: Die) -> Iterator[Member]:
    for child in children(unit, die, (dw.TAG_MEMBER,)):
        bits = unit.number(child, dw.AT_BIT_SIZE)
        offset = _offset(unit, child)
        yield Member(
            name=unit.text(child, dw.AT_NAME),
            type=unit.reference(child, dw.AT_TYPE),
            offset=offset,
            bit_offset=None if bits is None else _bit_offset(unit, child, offset, bits),
            bit_size=bits,
        )


def _offset(unit: Unit, member: Die) -> int:
    _, value = member.attributes.get(dw.AT_DATA_MEMBER_LOCATION, (0, 0))
    if isinstance(value, tuple):
        begin, _ = value
        return uleb(unit.data, begin + 1)[0] if unit.data[begin] == dw.OP_PLUS_UCONST else 0
    return value if isinstance(value, int) else 0


def _bit_offset(unit: Unit, member: Die, offset: int, bits: int) -> int:
    """Bits from the struct's begin. DWARF 2 counts from the other end of a storage unit (DWARF 4, 5.5.6)."""
    stated = unit.number(member, dw.AT_DATA_BIT_OFFSET)
    if stated is not None:
        return stated
    storage = unit.number(member, dw.AT_BYTE_SIZE) or 4
    return 8 * offset + 8 * storage - bits - (unit.number(member, dw.AT_BIT_OFFSET) or 0)


def _count(unit: Unit, die: Die) -> int | None:
    """Elements of an array, all dimensions together."""
    total = 1
    for child in children(unit, die, (dw.TAG_SUBRANGE_TYPE,)):
        count, upper = unit.number(child, dw.AT_COUNT), unit.number(child, dw.AT_UPPER_BOUND)
        if count is None and upper is None:
            return None
        total *= count if count is not None else (upper or 0) + 1
    return total


def _enumerators(unit: Unit, die: Die) -> Iterator[tuple[str, int]]:
    for child in children(unit, die, (dw.TAG_ENUMERATOR,)):
        name, value = unit.text(child, dw.AT_NAME), unit.number(child, dw.AT_CONST_VALUE)
        if name is not None and value is not None:
            yield name, value

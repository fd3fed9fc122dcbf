"""Values of C in a dead process: a type from the debug information, an address, and the memory that holds the bytes.

Every step can fail, as the memory may be damaged, not in the core, or of another version than expected; it then gives
``None``, so that one chain of steps needs one check at its end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field

from triage.cores import Memory
from triage.records import dataclass
from triage.symbols.c_types import CType, Member, Shape
from triage.symbols.dwarf_types import Types

MOST_ELEMENTS = 100_000
MOST_TEXT = 4096
DEEPEST_NESTING = 8
_SCALARS = (Shape.NUMBER, Shape.ENUM, Shape.POINTER)


@dataclass(frozen=True, slots=True)
class Process:
    """What values are read from: the memory, and how to look up the types of the program."""

    memory: Memory
    types: Types
    places: dict[tuple[int, str], "Place | None"] = field(default_factory=dict, repr=False)
    """What was found out about members, by type (which ``types`` keeps alive) and name: clients come in thousands."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member lies in a struct: itself, its type, and the offset of the struct that holds it directly."""

    member: Member
    type: CType
    base: int


@dataclass(frozen=True, slots=True)
class Value:
    """A place in memory with its type. Of a bit field, ``member`` says which bits."""

    process: Process
    type: CType
    address: int
    member: Member | None = None

    def field(self, *names: str) -> "Value | None":
        """The member with the first of the names that the type has: members were renamed between versions."""
        for name in names:
            key = (id(self.type), name)
            if key not in self.process.places:
                self.process.places[key] = _place(self.process.types, self.type, name, 0, 0)
            found = self.process.places[key]
            if found is not None:
                # A bit field's place counts from the begin of its struct.
                offset = found.base + (0 if found.member.bit_size is not None else found.member.offset)
                return Value(self.process, found.type, self.address + offset, found.member)
        return None

    def at(self, path: str) -> "Value | None":
        """The value at the end of a path of members, through pointers: ``primary_host``, ``cluster->myself``."""
        found: Value | None = self
        for step in path.split("->"):
            struct = found.pointed() if found is not None and found.type.shape is Shape.POINTER else found
            found = struct.field(step) if struct is not None else None
        return found

    def pointed(self) -> "Value | None":
        """What a pointer points to; ``None`` for a null pointer."""
        address = self.number() if self.type.shape is Shape.POINTER else None
        if not address:
            return None
        return Value(self.process, self.process.types.of(self.type.target), address)

    def as_type(self, other: CType) -> "Value":
        """The same place seen as another type: a cast."""
        return Value(self.process, other, self.address)

    def number(self) -> int | None:
        """The value of a number, enum, pointer or bit field; ``None`` if it is of another shape or unknown."""
        if self.type.shape not in _SCALARS:
            return None
        if self.member is not None and self.member.bit_size is not None and self.member.bit_offset is not None:
            return self._bits(self.member.bit_offset, self.member.bit_size)
        raw = self.process.memory.read(self.address, self.type.size or 0)
        return int.from_bytes(raw, "little", signed=self.type.signed) if raw else None

    def enumerator(self) -> str | None:
        """The name of an enum's value."""
        value = self.number()
        return next((name for name, known in self.type.enumerators if known == value), None)

    def text(self) -> str | None:
        """A C string: an array of characters, or what a pointer to them points to."""
        if self.type.shape is Shape.ARRAY:
            address: int | None = self.address
            limit = min(self.type.count or 0, MOST_TEXT)
        else:
            address, limit = (self.number() if self.type.shape is Shape.POINTER else None), MOST_TEXT
        raw = self.process.memory.string(address, limit) if address and limit else None
        return None if raw is None else raw.decode("utf-8", "backslashreplace")

    def elements(self, count: int | None = None) -> Iterator["Value"]:
        """The elements of an array; of a pointer to its first element, ``count`` of them."""
        if self.type.shape not in (Shape.ARRAY, Shape.POINTER):
            return
        element = self.process.types.of(self.type.target)
        begin = self.address if self.type.shape is Shape.ARRAY else self.number()
        size, wanted = element.size, count if count is not None else self.type.count
        for index in range(min(wanted or 0, MOST_ELEMENTS) if begin and size else 0):
            yield Value(self.process, element, (begin or 0) + index * (size or 0))

    def named_bits(self) -> Mapping[str, int]:
        """The bit fields of a struct with their values."""
        fields = ((m.name, m.bit_offset, m.bit_size) for m in self.type.members)
        bits = {name: self._bits(at, size) for name, at, size in fields if name and at is not None and size}
        return {name: value for name, value in bits.items() if value is not None}

    def _bits(self, offset: int, size: int) -> int | None:
        begin, end = offset // 8, (offset + size + 7) // 8
        raw = self.process.memory.read(self.address + begin, end - begin)
        return None if raw is None else int.from_bytes(raw, "little") >> offset % 8 & (1 << size) - 1


def number(struct: Value | None, *names: str) -> int | None:
    """The number in the first member of these names that a struct has."""
    found = struct.field(*names) if struct is not None else None
    return found.number() if found is not None else None


def _place(types: Types, struct: CType, name: str, base: int, depth: int) -> Place | None:
    """Where the member ``name`` lies, also inside unnamed structs and unions."""
    for member in struct.members:
        if member.name == name:
            return Place(member, types.of(member.type), base)
        if member.name is None and depth < DEEPEST_NESTING:
            found = _place(types, types.of(member.type), name, base + member.offset, depth + 1)
            if found is not None:
                return found
    return None

"""Types of C as the debug information describes them: what a value needs to be found in memory and understood."""

from enum import StrEnum

from triage.records import dataclass
from triage.symbols.dwarf_units import Unit

TypeRef = tuple[Unit, int]
"""The unit and position of a type's entry, decoded when it is asked for."""


class Shape(StrEnum):
    """What kind of type it is; typedefs and qualifiers are passed over."""

    NUMBER = "number"
    POINTER = "pointer"
    STRUCT = "struct"
    UNION = "union"
    ENUM = "enum"
    ARRAY = "array"
    FUNCTION = "function"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a struct or union: ``offset`` in bytes; of a bit field ``bit_offset`` from the struct's begin.

    ``name`` is ``None`` for an anonymous struct or union, whose members count as the outer one's.
    """

    name: str | None
    type: TypeRef | None
    offset: int
    bit_offset: int | None = None
    bit_size: int | None = None


@dataclass(frozen=True, slots=True)
class CType:
    """A type. ``size`` is in bytes, ``None`` if it is only declared.

    ``target`` is what a pointer points to, or what an array consists of (``count`` elements, ``None`` if open).
    """

    shape: Shape
    name: str | None = None
    size: int | None = None
    signed: bool = False
    members: tuple[Member, ...] = ()
    target: TypeRef | None = None
    count: int | None = None
    enumerators: tuple[tuple[str, int], ...] = ()

"""Names of functions: their own, those of the entries that they refer to, and the namespaces and classes around."""

from triage.records import dataclass
from triage.symbols import dwarf_constants as dw
from triage.symbols.dwarf_units import Die, Unit
from triage.symbols.leb128 import uleb

MOST_ORIGINS = 16
"""Steps from an entry to the one that holds its name; real programs need three."""
MOST_SCOPES = 64

_NAMED_SCOPES = (dw.TAG_NAMESPACE, dw.TAG_MODULE, dw.TAG_STRUCTURE_TYPE, dw.TAG_CLASS_TYPE, dw.TAG_UNION_TYPE)


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function's name, qualified in C++ and Rust, and the name that the linker knows it by."""

    name: str | None
    linkage: str | None


def name_of(unit: Unit, die: Die) -> FunctionName:
    """The names of a function or inlined call; they may stand in entries of other units that it refers to."""
    name = linkage = None
    for _ in range(MOST_ORIGINS):
        if name is None and (own := unit.text(die, dw.AT_NAME)) is not None:
            name, named_at = own, (unit, die.at)
        linkage = linkage or unit.text(die, dw.AT_LINKAGE_NAME) or unit.text(die, dw.AT_MIPS_LINKAGE_NAME)
        origin = unit.reference(die, dw.AT_ABSTRACT_ORIGIN) or unit.reference(die, dw.AT_SPECIFICATION)
        found = origin[0].die(origin[1]) if origin else None
        if origin is None or found is None or (name and linkage):
            break
        unit, die = origin[0], found
    if name and not linkage and unit.number(unit.root, dw.AT_LANGUAGE) in dw.QUALIFYING_LANGUAGES:
        # Compilers leave the linkage name out where nothing outside the unit can refer to the function.
        name = "::".join((*_scopes(*named_at), name))
    return FunctionName(name, linkage)


def _scopes(unit: Unit, wanted: int) -> list[str]:
    """The named namespaces and classes around the entry at ``wanted``, outermost first, as gdb qualifies names."""
    data, at, end = unit.data, unit.root.end, len(unit.data)
    names: list[str] = []
    while at < min(wanted, end) and len(names) < MOST_SCOPES:
        code, here = uleb(data, at)
        if not code:
            at = here
            continue
        shape = unit.table[code]
        sibling = unit.sibling(here, shape) if shape.children else None
        if sibling is not None and sibling <= wanted:
            at = sibling
            continue
        if sibling is not None:
            names = _inside(unit, at, names)
        at = unit.after(here, shape)
    return names


def _inside(unit: Unit, at: int, names: list[str]) -> list[str]:
    """``names`` with that of the entry at ``at``; nothing qualifies what stands in a function or an unnamed class."""
    die = unit.die(at)
    if die is None or die.shape.tag not in _NAMED_SCOPES:
        return []
    name = unit.text(die, dw.AT_NAME)
    if name is None and die.shape.tag != dw.TAG_NAMESPACE:
        return []
    return [*names, name or "(anonymous namespace)"]

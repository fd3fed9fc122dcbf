"""Split units: the program holds a skeleton, the entries are in a .dwo file or a package of such.

``gcc -gsplit-dwarf``; DWARF 5, section 3.1.2.
"""

from collections.abc import Iterator
from os.path import isfile
from pathlib import Path

from triage.symbols import dwarf_constants as dw
from triage.symbols.dwarf_packages import INDEX, parts_of
from triage.symbols.dwarf_units import DebugInfo, DwarfError, Unit, reading
from triage.symbols.elf_image import ElfImage

_HINT = "Put the .dwo files of the build, or their .dwp package, beside the program."


def entries_of(unit: Unit) -> Unit:
    """The unit with the entries of ``unit``: itself, or the one in the .dwo file that it names.

    Raises ``DwarfError`` if that file is not there, or belongs to another build.
    """
    name = unit.text(unit.root, dw.AT_DWO_NAME) or unit.text(unit.root, dw.AT_GNU_DWO_NAME)
    if name is None:
        return unit
    wanted = _id(unit)
    packed = _packed(unit, wanted)
    if packed is not None:
        return packed
    for path in _places(unit, name):
        if isfile(path):
            info = DebugInfo(ElfImage.open(path), skeleton=unit)
            for header in info.headers:
                if header.kind in (dw.UNIT_SPLIT_COMPILE, dw.UNIT_COMPILE) and _id(info.unit(header)) == wanted:
                    return info.unit(header)
            raise DwarfError(f"{path} belongs to another build of {unit.info.image.name}", _HINT)
    raise DwarfError(f"{unit.info.image.name}: its debug information is in {name}, which was not found", _HINT)


def _packed(unit: Unit, wanted: int | None) -> Unit | None:
    """The unit from the package beside the program, if there is one that holds it."""
    path = unit.info.image.path
    package = path.with_name(f"{path.name}.dwp") if path is not None else None
    if package is None or wanted is None or not isfile(package):
        return None
    with reading(str(package), INDEX):
        image = ElfImage.open(package)
        parts = parts_of(image, wanted)
        info = DebugInfo(image, skeleton=unit, parts=parts) if parts is not None else None
        return info.unit(info.headers[0]) if info is not None and info.headers else None


def _id(unit: Unit) -> int | None:
    return unit.header.split_id if unit.version >= 5 else unit.number(unit.root, dw.AT_GNU_DWO_ID)


def _places(unit: Unit, name: str) -> Iterator[Path]:
    if unit.info.image.path is not None:
        yield unit.info.image.path.parent / Path(name).name
    if unit.directory is not None:
        yield Path(unit.directory) / name

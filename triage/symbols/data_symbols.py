"""Global variables by name, from the symbol tables."""

import re

from triage.symbols.elf_image import ElfImage
from triage.symbols.symbol_table import entries

_OBJECT = 1


def variable_address(name: str, *images: ElfImage) -> int | None:
    """The address (without load bias) of the variable ``name``; ``None`` if no table of ``images`` has just one.

    Raises ``ElfError`` if a table is damaged.
    """
    for image in images:
        for table in (".symtab", ".dynsym"):
            found = _addresses(image, table, name)
            if len(found) == 1:
                return found.pop()
    return None


def _addresses(image: ElfImage, table: str, name: str) -> set[int]:
    content, section = image.read_section(table), image.section(table)
    if content is None or section is None or section.link >= len(image.sections):
        return set()
    strings = bytes(image.read_section(image.sections[section.link].name) or b"")
    # Link-time optimization renames static variables: CT_TLS.lto_priv.0.
    names = re.escape(name.encode()) + rb"(?:\.lto_priv\.\d{1,6})?[\0@]"
    places = {match.start() for match in re.finditer(names, strings)}
    return {
        value for at, info, _, _, value, _ in entries(content) if at in places and info & 0xF == _OBJECT and value
    }

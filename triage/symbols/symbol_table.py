"""Function symbols of an ELF file, sorted by address: .symtab, or .dynsym with MiniDebugInfo for a stripped file."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.unpack import UnpackError, unpack_xz

_SYMBOL = np.dtype(
    [("name", "<u4"), ("info", "u1"), ("other", "u1"), ("section", "<u2"), ("value", "<u8"), ("size", "<u8")]
)
_NOTYPE, _FUNC, _GNU_IFUNC = 0, 2, 10
_LOCAL = 0
_FIRST_RESERVED_SECTION = 0xFF00
_MOST_NESTED = 64


class Symbols:
    """The symbols of code in one or several symbol tables. Of aliases the one that gdb shows is preferred.

    Raises ``ElfError`` if a table is damaged.
    """

    def __init__(self, *images: ElfImage) -> None:
        """Take the symbols of the first of ``images`` that has a full table, or else what is left in all of them."""
        full = [table for image in images for table in _tables(image, ".symtab")][:1]
        found = full or [table for image in images for table in _stripped(image)]
        self._strings = [strings for _, strings in found]
        sizes = [len(entries) for entries, _ in found]
        entries = np.concatenate([entries for entries, _ in found]) if found else np.zeros(0, _SYMBOL)
        source = np.repeat(np.arange(len(sizes)), sizes)
        self.complete = bool(full)
        order = np.lexsort((entries["name"], entries["info"] >> 4 != _LOCAL, entries["value"]))
        self._entries: NDArray[np.void] = entries[order]
        self._source = source[order]
        self._values: NDArray[np.uint64] = np.ascontiguousarray(self._entries["value"])

    def __len__(self) -> int:
        return len(self._entries)

    def at(self, address: int) -> tuple[str, int] | None:
        """Name and entry of the function that holds ``address``, or of the label without size before it."""
        last = int(np.searchsorted(self._values, np.uint64(address), side="right")) - 1
        label: int | None = None
        for index in range(last, max(last - _MOST_NESTED, -1), -1):
            value, size = int(self._values[index]), int(self._entries["size"][index])
            if size and address < value + size:
                return self.name(index), value
            if not size and label is None and (index == last or value == int(self._values[last])):
                label = index
        return None if label is None else (self.name(label), int(self._values[label]))

    def name(self, index: int) -> str:
        """The name without a version (``read@@GLIBC_2.2.5`` is ``read``)."""
        strings, at = self._strings[self._source[index]], int(self._entries["name"][index])
        return bytes(strings[at : strings.find(b"\0", at)]).partition(b"@")[0].decode("utf-8", "backslashreplace")

    def find(self, name: str) -> int | None:
        """The address of the one function of that name; ``None`` if there is none, or several at different places."""
        found = self._by_name.get(name, ())
        return next(iter(found)) if len(found) == 1 else None

    def among(self, name: str) -> frozenset[int]:
        """All addresses at which a function of that name begins."""
        return frozenset(self._by_name.get(name, ()))

    @cached_property
    def _by_name(self) -> dict[str, set[int]]:
        names: dict[str, set[int]] = {}
        for index, value in enumerate(self._values.tolist()):
            names.setdefault(self.name(index), set()).add(value)
        return names


Table = tuple["NDArray[np.void]", bytes]


def _stripped(image: ElfImage) -> Iterator[Table]:
    yield from _tables(image, ".dynsym")
    packed = image.read_section(".gnu_debugdata")
    if packed is None:
        return
    try:
        inner = ElfImage(unpack_xz(packed), f"{image.name} (.gnu_debugdata)")
    except UnpackError as error:
        raise ElfError(f"{image.name}: section .gnu_debugdata {error}", "Copy the file again.") from error
    yield from _tables(inner, ".symtab")


def _tables(image: ElfImage, name: str) -> Iterator[Table]:
    """The code symbols of a section with their string table, if the section is there."""
    content, section = image.read_section(name), image.section(name)
    if content is None or section is None:
        return
    if section.link >= len(image.sections):
        raise ElfError(f"{image.name}: section {name} has no string table", "Copy the file again.")
    strings = bytes(image.read_section(image.sections[section.link].name) or b"")
    entries = np.frombuffer(content[: len(content) // _SYMBOL.itemsize * _SYMBOL.itemsize], _SYMBOL)
    kind = entries["info"] & 0xF
    code = (
        (kind == _FUNC) | (kind == _GNU_IFUNC) | ((kind == _NOTYPE) & (entries["section"] < _FIRST_RESERVED_SECTION))
    )
    kept = code & (entries["section"] != 0) & (entries["name"] < len(strings)) & (entries["value"] != 0)
    yield entries[kept], strings

"""Function symbols of an ELF file, sorted by address: .symtab, or .dynsym with MiniDebugInfo for a stripped file."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.unpack import UnpackError, unpack_xz

_SYMBOL = np.dtype(
    [("name", "<u4"), ("info", "u1"), ("other", "u1"), ("section", "<u2"), ("value", "<u8"), ("size", "<u8")]
)
_NOTYPE, _FUNC, _GNU_IFUNC = 0, 2, 10
_LOCAL = 0
_SHF_EXECINSTR = 4
_MOST_LOOKED_AT = 64


class Symbols:
    """The symbols of code in one or several symbol tables. Of aliases the plainest name is preferred.

    Making one raises ``ElfError`` if a table is damaged.
    """

    def __init__(self, found: "Sequence[Table]" = ()) -> None:
        self._strings = [strings for _, strings in found]
        sizes = [len(entries) for entries, _ in found]
        entries = np.concatenate([entries for entries, _ in found]) if found else np.zeros(0, _SYMBOL)
        source = np.repeat(np.arange(len(sizes)), sizes)
        order = np.argsort(entries["value"], kind="stable")
        self._entries: NDArray[np.void] = entries[order]
        self._source = source[order]
        self._values: NDArray[np.uint64] = np.ascontiguousarray(self._entries["value"])

    @classmethod
    def of(cls, *images: ElfImage) -> "Symbols":
        """The symbols of the first of ``images`` that has a full table, or else what is left in all of them."""
        full = [table for image in images for table in _tables(image, ".symtab")][:1]
        return cls(full or [table for image in images for table in _stripped(image)])

    @classmethod
    def exported(cls, image: ElfImage) -> "Symbols":
        """The symbols that the program itself sees when it runs: those of .dynsym."""
        return cls(list(_tables(image, ".dynsym")))

    def __len__(self) -> int:
        return len(self._entries)

    def at(self, address: int) -> tuple[str, int] | None:
        """Name and entry of the function that holds ``address``, or of the label without size before it."""
        last = int(np.searchsorted(self._values, np.uint64(address), side="right")) - 1
        nearest = int(self._values[last]) if last >= 0 else 0
        label: list[int] = []
        for index in range(last, max(last - _MOST_LOOKED_AT, -1), -1):
            value, size = int(self._values[index]), int(self._entries["size"][index])
            if size and address < value + size:
                return self._best_name(self._aliases(index)), value
            if not size and value == nearest:
                label.append(index)
        return (self._best_name(label), nearest) if label else None

    def _aliases(self, index: int) -> list[int]:
        """The symbols with the entry of the symbol at ``index``, which is the last of them."""
        first = max(index - _MOST_LOOKED_AT, -1)
        same = (other for other in range(index, first, -1) if self._values[other] == self._values[index])
        return [other for other in same if self._entries["size"][other]]

    def _best_name(self, aliases: list[int]) -> str:
        """Of ``read``, ``__read`` and ``__libc_read`` the first: global, then plainest, then shortest."""
        return min(map(self._rank, aliases))[-1]

    def _rank(self, index: int) -> tuple[bool, bool, int, int, str]:
        name, info = self.name(index), int(self._entries["info"][index])
        return info & 0xF == _NOTYPE, info >> 4 == _LOCAL, len(name) - len(name.lstrip("_")), len(name), name

    def name(self, index: int) -> str:
        """The name without a version (``read@@GLIBC_2.2.5`` is ``read``)."""
        strings, at = self._strings[self._source[index]], int(self._entries["name"][index])
        plain: bytes = strings[at : strings.find(b"\0", at)].partition(b"@")[0]
        return plain.decode("utf-8", "backslashreplace")

    def names_at(self, entry: int) -> frozenset[str]:
        """All names of the function that begins at ``entry``."""
        first, beyond = np.searchsorted(self._values, np.array([entry, entry + 1], np.uint64))
        return frozenset(self.name(index) for index in range(int(first), int(beyond)))

    def find(self, name: str) -> int | None:
        """The address of the one function of that name; ``None`` if there is none, or several at different places."""
        found = self.entries(name)
        return next(iter(found)) if len(found) == 1 else None

    def entries(self, name: str) -> frozenset[int]:
        """All addresses at which a function of that name begins."""
        wanted, found = name.encode(), np.zeros(len(self), np.bool_)
        for index, strings in enumerate(self._strings):
            # Names may be the ends of others, and carry versions.
            places = [match.start() for match in re.finditer(re.escape(wanted) + rb"[\0@]", strings)]
            found |= (self._source == index) & np.isin(self._entries["name"], places)
        return frozenset(self._values[found].tolist())


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
    code = (kind == _FUNC) | (kind == _GNU_IFUNC) | (kind == _NOTYPE)
    executable = [index for index, found in enumerate(image.sections) if found.flags & _SHF_EXECINSTR]
    kept = code & np.isin(entries["section"], executable) & (entries["name"] < len(strings)) & (entries["value"] != 0)
    yield entries[kept], strings

"""Function symbols of an ELF file, sorted by address: .symtab, or .dynsym with MiniDebugInfo for a stripped file."""

import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.unpack import UnpackError, unpack_xz

_ENTRY = struct.Struct("<IBBHQQ")
_NOTYPE, _FUNC, _GNU_IFUNC = 0, 2, 10
_CODE = frozenset((_NOTYPE, _FUNC, _GNU_IFUNC))
_LOCAL = 0
_SHF_EXECINSTR = 4
_MOST_LOOKED_AT = 64


class Symbol(NamedTuple):
    """A symbol of code; its printed name begins at ``at`` of ``strings``."""

    value: int
    size: int
    info: int
    at: int
    strings: bytes

    @property
    def name(self) -> str:
        """The name without a version (``read@@GLIBC_2.2.5`` is ``read``)."""
        plain = self.strings[self.at : self.strings.find(b"\0", self.at)].partition(b"@")[0]
        return plain.decode("utf-8", "backslashreplace")


Table = tuple[Sequence[Symbol], bytes]
"""The symbols of a table, and its strings."""


class Symbols:
    """The symbols of code in one or several symbol tables. Of aliases the plainest name is preferred.

    Making one raises ``ElfError`` if a table is damaged.
    """

    def __init__(self, tables: Sequence[Table] = ()) -> None:
        self._tables = tables
        self._sorted = sorted((symbol for symbols, _ in tables for symbol in symbols), key=attrgetter("value"))
        self._values = [symbol.value for symbol in self._sorted]

    @classmethod
    def of(cls, *images: ElfImage) -> "Symbols":
        """The symbols of the first of ``images`` that has a full table, or else what is left in all of them."""
        full = next((table for image in images for table in _tables(image, ".symtab")), None)
        return cls([full] if full else [table for image in images for table in _stripped(image)])

    @classmethod
    def exported(cls, image: ElfImage) -> "Symbols":
        """The symbols that the program itself sees when it runs: those of .dynsym."""
        return cls(list(_tables(image, ".dynsym")))

    def __len__(self) -> int:
        return len(self._sorted)

    def at(self, address: int) -> tuple[str, int] | None:
        """Name and entry of the function that holds ``address``, or of the label without size before it."""
        last = bisect_right(self._values, address) - 1
        nearest = self._values[last] if last >= 0 else 0
        label: list[Symbol] = []
        for index in range(last, max(last - _MOST_LOOKED_AT, -1), -1):
            symbol = self._sorted[index]
            if symbol.size and address < symbol.value + symbol.size:
                return _best_name(self._aliases(index)), symbol.value
            if not symbol.size and symbol.value == nearest:
                label.append(symbol)
        return (_best_name(label), nearest) if label else None

    def _aliases(self, index: int) -> list[Symbol]:
        """The symbols with the entry of the symbol at ``index``, which is the last of them."""
        near = self._sorted[max(index - _MOST_LOOKED_AT + 1, 0) : index + 1]
        return [other for other in near if other.value == self._values[index] and other.size]

    def names_at(self, entry: int) -> frozenset[str]:
        """All names of the function that begins at ``entry``."""
        first, beyond = bisect_left(self._values, entry), bisect_right(self._values, entry)
        return frozenset(symbol.name for symbol in self._sorted[first:beyond])

    def find(self, name: str) -> int | None:
        """The address of the one function of that name; ``None`` if there is none, or several at different places."""
        found = self.entries(name)
        return next(iter(found)) if len(found) == 1 else None

    def entries(self, name: str) -> frozenset[int]:
        """All addresses at which a function of that name begins."""
        # Names may be the ends of others, and carry versions.
        named = re.compile(re.escape(name.encode()) + rb"[\0@]")
        found: set[int] = set()
        for symbols, strings in self._tables:
            places = {match.start() for match in named.finditer(strings)}
            found.update(symbol.value for symbol in symbols if symbol.at in places)
        return frozenset(found)


def entries(table: memoryview) -> Iterator[tuple[int, ...]]:
    """Name, info, other, section, value and size of each entry of a table; a last one that is cut is left out."""
    return _ENTRY.iter_unpack(table[: len(table) // _ENTRY.size * _ENTRY.size])


def _best_name(aliases: Sequence[Symbol]) -> str:
    """Of ``read``, ``__read`` and ``__libc_read`` the first: global, then plainest, then shortest."""
    return min(map(_rank, aliases))[-1]


def _rank(symbol: Symbol) -> tuple[bool, bool, int, int, str]:
    name, info = symbol.name, symbol.info
    return info & 0xF == _NOTYPE, info >> 4 == _LOCAL, len(name) - len(name.lstrip("_")), len(name), name


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
    executable = {index for index, found in enumerate(image.sections) if found.flags & _SHF_EXECINSTR}
    symbols = [
        Symbol(value, size, info, at, strings)
        for at, info, _, section, value, size in entries(content)
        if section in executable and info & 0xF in _CODE and at < len(strings) and value
    ]
    yield symbols, strings

"""An ELF file as the other modules need it: mapped into memory, decoded lazily, every offset checked.

64-bit little-endian only (x86-64, aarch64, riscv64, ppc64el, loongarch64): what servers run on.
Layout: the System V gABI, chapters 4 and 5; GNU notes and ``.gnu_debuglink``: the gdb manual, "Separate Debug Files".
"""

import mmap
import os
import struct
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from triage.model import TriageError
from triage.records import dataclass
from triage.symbols.unpack import UnpackError, unpack_section, unpack_zdebug

PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_GNU_EH_FRAME = 1, 2, 4, 0x6474E550
PF_X = 1
SHT_NOTE, SHT_NOBITS = 7, 8
ET_EXEC, ET_DYN = 2, 3

MACHINES = {62: "x86-64", 183: "aarch64", 243: "riscv64", 21: "ppc64", 258: "loongarch64"}

MOST_SECTIONS = 100_000
MOST_NOTES = 1000

_COPY_AGAIN = "The file is cut or damaged: copy it again."

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
_NOTE = struct.Struct("<III")
_SHF_COMPRESSED = 0x800
_NT_GNU_BUILD_ID = 3
_EI_CLASS, _EI_DATA = 4, 5
_ELFCLASS64, _ELFDATA2LSB = 2, 1

Octets = bytes | mmap.mmap | memoryview


class ElfError(TriageError):
    """A file is no ELF file that can be read, or its tables contradict it. The message names the file."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A program header. Addresses are those of the file, before the load bias; sizes are in bytes."""

    type: int
    flags: int
    offset: int
    vaddr: int
    file_size: int
    memory_size: int

    @property
    def executable(self) -> bool:
        """Whether the code in it may run."""
        return bool(self.flags & PF_X)


@dataclass(frozen=True, slots=True)
class Section:
    """A section header."""

    name: str
    type: int
    flags: int
    vaddr: int
    offset: int
    size: int
    link: int


class ElfImage:
    """An executable, a shared library, a separate debug file, or a vDSO taken from a core.

    ``name`` is what messages call it: the path for a file. Nothing is decoded before it is asked for; what has been
    unpacked (compressed sections) stays in memory with the image.
    """

    def __init__(self, data: Octets, name: str) -> None:
        """Read the headers of ``data``. Raises ``ElfError`` if it is no 64-bit little-endian ELF file."""
        self.name = name
        self.path: Path | None = None
        self.data = memoryview(data)
        self._unpacked: dict[str, memoryview] = {}
        ident = bytes(self.data[:16])
        if ident[:4] != b"\x7fELF":
            raise ElfError(f"{name} is no ELF file", "Give the server's executable (readlink /proc/PID/exe).")
        if len(self.data) < _HEADER.size:
            raise ElfError(f"{name} ends inside its ELF header", "Copy the file again.")
        if (ident[_EI_CLASS], ident[_EI_DATA]) != (_ELFCLASS64, _ELFDATA2LSB):
            raise ElfError(f"{name} is not a 64-bit little-endian ELF file", "Only such files can be read.")
        header = _HEADER.unpack_from(self.data)
        self.type: int = header[1]
        self.entry: int = header[4]
        self._machine: int = header[2]
        self._program_headers_at, self._section_headers_at = header[5], header[6]
        self._program_header_size, self._program_headers = header[9], header[10]
        self._section_header_size, self._section_headers, self._names_index = header[11:14]

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "ElfImage":
        """Map the file at ``path``. Raises ``ElfError`` if it cannot be read or is no such ELF file."""
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                data = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ElfError(f"{path} cannot be read: {reason}", "Check the path and its permissions.") from error
        image = cls(data, os.fspath(path))
        image.path = Path(path)
        return image

    @property
    def machine(self) -> str:
        """The architecture: ``x86-64``, ``aarch64`` …, or ``machine 42`` for one without a name here."""
        return MACHINES.get(self._machine, f"machine {self._machine}")

    @property
    def pie(self) -> bool:
        """Whether it can be loaded anywhere: a PIE or a shared library. If not, its load bias is 0."""
        return self.type == ET_DYN

    @cached_property
    def program_headers(self) -> tuple[Segment, ...]:
        """All program headers, in their order. Raises ``ElfError`` if the table lies outside the file."""
        if not self._program_headers:
            return ()
        table = self._table(
            self._program_headers_at, self._program_headers, self._program_header_size, _PROGRAM_HEADER, "program"
        )
        return tuple(
            Segment(kind, flags, offset, vaddr, file_size, memory_size)
            for kind, flags, offset, vaddr, _, file_size, memory_size, _ in table
        )

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The loaded segments (PT_LOAD), by address."""
        loaded = (header for header in self.program_headers if header.type == PT_LOAD)
        return tuple(sorted(loaded, key=lambda segment: segment.vaddr))

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections; empty for a file without a section table. Raises ``ElfError`` if the table is a lie."""
        if not self._section_headers_at:
            return ()
        count, names_index = self._section_headers, self._names_index
        if not count or names_index == 0xFFFF:
            # More than 0xFF00 sections: the true numbers stand in the first entry (gABI, "Sections").
            first = next(iter(self._section_table(1)))
            count, names_index = count or first[5], first[6] if names_index == 0xFFFF else names_index
        if count > MOST_SECTIONS:
            raise ElfError(f"{self.name} claims to have {count} sections", "The file is damaged: copy it again.")
        headers = list(self._section_table(count))
        names = b""
        if names_index < len(headers):
            names = bytes(self._slice(headers[names_index][4], headers[names_index][5], "the section names"))
        return tuple(
            Section(_text_at(names, name), kind, flags, vaddr, offset, size, link)
            for name, kind, flags, vaddr, offset, size, link, _, _, _ in headers
        )

    @cached_property
    def _section_by_name(self) -> dict[str, Section]:
        return {section.name: section for section in reversed(self.sections)}

    def section(self, name: str) -> Section | None:
        """The first section of that name, also if it holds no bytes here (``.text`` of a debug file)."""
        return self._section_by_name.get(name)

    def read_section(self, name: str) -> memoryview | None:
        """The content of a section, decompressed; ``None`` if the file has none of that name, or not its bytes.

        ``.debug_x`` is found as ``.zdebug_x`` too. Raises ``ElfError`` if the section reaches beyond the file, cannot
        be decompressed, or would fill memory.
        """
        if name not in self._unpacked:
            content = self._content(name)
            if content is None:
                return None
            self._unpacked[name] = content
        return self._unpacked[name]

    def _content(self, name: str) -> memoryview | None:
        section, unpack = self.section(name), None
        if section is not None:
            unpack = unpack_section if section.flags & _SHF_COMPRESSED else None
        elif name.startswith(".debug_"):
            section, unpack = self.section(f".z{name[1:]}"), unpack_zdebug
        if section is None or section.type == SHT_NOBITS:
            return None
        raw = self._slice(section.offset, section.size, name)
        try:
            return unpack(raw) if unpack else raw
        except UnpackError as error:
            raise ElfError(f"{self.name}: section {name} {error}", "Copy the file again.") from error

    def to_offset(self, vaddr: int) -> int | None:
        """Where in the file the byte at ``vaddr`` (without bias) stands; ``None`` if the file does not hold it."""
        for segment in self.segments:
            if segment.vaddr <= vaddr < segment.vaddr + segment.file_size:
                return vaddr - segment.vaddr + segment.offset
        return None

    def to_vaddr(self, offset: int) -> int | None:
        """Which address (without bias) the byte at ``offset`` of the file is loaded at."""
        for segment in self.segments:
            if segment.offset <= offset < segment.offset + segment.file_size:
                return offset - segment.offset + segment.vaddr
        return None

    def read(self, vaddr: int, size: int) -> memoryview | None:
        """At most ``size`` bytes at ``vaddr`` (without bias), fewer at a segment's end; ``None`` if none is there."""
        for segment in self.segments:
            within = vaddr - segment.vaddr
            if 0 <= within < segment.file_size:
                at = segment.offset + within
                found = self.data[at : at + min(size, segment.file_size - within)]
                return found if len(found) else None
        return None

    @cached_property
    def build_id(self) -> str | None:
        """The GNU build id in lower-case hex, or ``None`` if the file has none (or its notes are damaged)."""
        for area in self._note_areas():
            for kind, owner, content in _notes(area):
                if kind == _NT_GNU_BUILD_ID and owner == b"GNU\0" and len(content):
                    return content.hex()
        return None

    def _note_areas(self) -> Iterator[memoryview]:
        for header in self.program_headers:
            # A separate debug file keeps the program headers, though not the bytes that they speak of.
            if header.type == PT_NOTE and header.offset + header.file_size <= len(self.data):
                yield self.data[header.offset : header.offset + header.file_size]
        try:
            sections = self.sections
        except ElfError:
            return
        for section in sections:
            if section.type == SHT_NOTE and section.offset + section.size <= len(self.data):
                yield self.data[section.offset : section.offset + section.size]

    @cached_property
    def debuglink(self) -> tuple[str, int] | None:
        """File name and CRC-32 of the separate debug file, from ``.gnu_debuglink``."""
        content = self.read_section(".gnu_debuglink")
        if content is None or len(content) < 8:
            return None
        name = _text_at(bytes(content[:-4]), 0)
        return (name, int.from_bytes(content[-4:], "little")) if name else None

    @cached_property
    def debugaltlink(self) -> tuple[str, str] | None:
        """Path and build id of the file with shared debug information (dwz), from ``.gnu_debugaltlink``."""
        content = bytes(self.read_section(".gnu_debugaltlink") or b"")
        path, found, build_id = content.partition(b"\0")
        return (path.decode("utf-8", "replace"), build_id.hex()) if found else None

    def _section_table(self, count: int) -> Iterator[tuple[int, ...]]:
        return self._table(self._section_headers_at, count, self._section_header_size, _SECTION_HEADER, "section")

    def _table(self, at: int, count: int, size: int, entry: struct.Struct, what: str) -> Iterator[tuple[int, ...]]:
        if size != entry.size or at + count * size > len(self.data):
            raise ElfError(
                f"{self.name}: its {what} header table reaches beyond the file",
                _COPY_AGAIN,
            )
        return entry.iter_unpack(self.data[at : at + count * size])

    def _slice(self, at: int, size: int, what: str) -> memoryview:
        if at + size > len(self.data):
            raise ElfError(
                f"{self.name}: {what} reaches beyond the end of the file",
                _COPY_AGAIN,
            )
        return self.data[at : at + size]


def _text_at(table: bytes, at: int) -> str:
    end = table.find(b"\0", at)
    return table[at : end if end >= 0 else len(table)].decode("utf-8", "backslashreplace")


def _notes(area: memoryview) -> Iterator[tuple[int, bytes, memoryview]]:
    """The notes of a note segment; ends at the first that reaches beyond it."""
    at = 0
    for _ in range(MOST_NOTES):
        if at + _NOTE.size > len(area):
            return
        name_size, size, kind = _NOTE.unpack_from(area, at)
        content_at = at + _NOTE.size + (name_size + 3 & ~3)
        at = content_at + (size + 3 & ~3)
        if content_at + size > len(area):
            return
        yield kind, bytes(area[content_at - (name_size + 3 & ~3) :][:name_size]), area[content_at : content_at + size]

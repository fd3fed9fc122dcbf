"""A core file as ELF has it: its header, its segments and its notes, mapped into memory and read where asked.

pyelftools builds an object for every header and every note: 0.23 s for the 517 of an ordinary server, and that is to
be the time for everything. These three tables are plain arrays, so ``struct`` reads them.
Layout: gABI chapters 4 and 5; the extended numbering of program headers: elf(5), PN_XNUM.
"""

import contextlib
import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

from triage.cores.errors import CoreError
from triage.cores.unpack import unpacked
from triage.model import Problem
from triage.records import dataclass

PF_X, PF_W, PF_R = 1, 2, 4
PT_LOAD, PT_NOTE = 1, 4

MOST_SEGMENTS = 1_000_000
MOST_NOTES = 200_000
"""A thread has about five."""

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_SECTION_INFO = struct.Struct("<44xI16x")
_NOTE = struct.Struct("<III")
_ET_CORE = 4
"""A big-endian file has the two bytes the other way round."""
_PN_XNUM = 0xFFFF
_MAGIC = b"\x7fELF"
_MAGIC_64_LITTLE = _MAGIC + b"\x02\x01"
_BIG_ENDIAN = 2
_OTHER_MACHINES = {3: "i386", 8: "MIPS", 21: "PowerPC", 22: "s390", 40: "ARM"}
"""Of gABI's ``e_machine`` those on which servers run as 32-bit or big-endian processes."""
_OTHER_PROCESS = (
    "Cores of 64-bit x86 and arm64 are read. Have gdb-multiarch print the stacks (`thread apply all bt`), "
    "and give the log: it needs no core."
)
_COPY_AGAIN = "Copy the core again from where it was written; check `ulimit -c` and the free space there."


class Segment(NamedTuple):
    """A range of the process's memory. ``file_size`` bytes of it were dumped, from ``offset`` of the core on."""

    flags: int
    offset: int
    start: int
    file_size: int
    memory_size: int

    @property
    def end(self) -> int:
        """The address after its last byte."""
        return self.start + self.memory_size


@dataclass(frozen=True, slots=True)
class Note:
    """One note: NT_PRSTATUS and its like. ``owner`` is ``CORE`` or ``LINUX`` for those that the kernel writes."""

    type: int
    owner: bytes
    content: memoryview


class ElfCore:
    """A core file, mapped. ``name`` is what messages call it."""

    def __init__(self, data: mmap.mmap | bytes, name: str, problems: Sequence[Problem] = ()) -> None:
        """Read the header; ``problems`` came up before.

        Raises ``CoreError`` if ``data`` is no 64-bit little-endian core file.
        """
        self.name = name
        self._problems = problems
        self.data = memoryview(data)
        self._search_in = data
        if len(data) < _HEADER.size:
            raise CoreError(f"{name} is too short for a core file", _COPY_AGAIN)
        ident, kind, self.machine, *rest = _HEADER.unpack_from(self.data)
        if not ident.startswith(_MAGIC) or kind not in (_ET_CORE, _ET_CORE << 8):
            raise CoreError(f"{name} is no core file", "Give the file that the kernel wrote when the server died.")
        if not ident.startswith(_MAGIC_64_LITTLE):
            raise CoreError(f"{name} is the core of {_other_process(ident, self.machine)}", _OTHER_PROCESS)
        self._table_at, self._sections_at = rest[2], rest[3]
        self._entry_size, self._entries = rest[6], rest[7]

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "ElfCore":
        """Map the core at ``path``; a compressed one is unpacked to a temporary file first.

        Raises ``CoreError`` if it cannot be read or is none.
        """
        name, problems = os.fspath(path), list[Problem]()
        try:
            with open(path, "rb") as file:
                plain = file.read(len(_MAGIC)) in (_MAGIC, b"")
                with contextlib.nullcontext(file) if plain else unpacked(name, problems) as mapped:
                    size = os.fstat(mapped.fileno()).st_size
                    data = mmap.mmap(mapped.fileno(), size, access=mmap.ACCESS_READ) if size else b""
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CoreError(f"{name} cannot be read: {reason}", "Check the path and its permissions.") from error
        return cls(data, name, problems)

    @cached_property
    def _program_headers(self) -> list[tuple[int, ...]]:
        count = self._entries
        if count == _PN_XNUM and self._sections_at + _SECTION_INFO.size <= len(self.data):
            (count,) = _SECTION_INFO.unpack_from(self.data, self._sections_at)
        if self._entry_size != _PROGRAM_HEADER.size or not 0 < count <= MOST_SEGMENTS:
            raise CoreError(f"{self.name} has a damaged program header table", _COPY_AGAIN)
        room = max(0, len(self.data) - self._table_at) // _PROGRAM_HEADER.size
        if not room:
            raise CoreError(f"{self.name} is cut before its program headers", _COPY_AGAIN)
        table = self.data[self._table_at : self._table_at + min(count, room) * _PROGRAM_HEADER.size]
        return list(_PROGRAM_HEADER.iter_unpack(table))

    @cached_property
    def segments(self) -> list[Segment]:
        """The memory of the process (PT_LOAD), by address; ranges that contradict each other are left out."""
        found: list[Segment] = []
        loaded = (row for row in self._program_headers if row[0] == PT_LOAD)
        for _, flags, offset, start, _, file_size, memory_size, _ in sorted(loaded, key=lambda row: row[3]):
            if memory_size < file_size or start + memory_size > 1 << 64 or (found and start < found[-1].end):
                continue
            found.append(Segment(flags, offset, start, file_size, memory_size))
        return found

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Whether the core is cut: where its segments say that it should end, and where it does."""
        ends = [row[2] + row[5] for row in self._program_headers]
        should, size = max(ends, default=0), len(self.data)
        if should <= size:
            return tuple(self._problems)
        return (*self._problems, Problem(f"the core is cut: it has {size} of {should} bytes", _COPY_AGAIN))

    def notes(self) -> Iterator[Note]:
        """The notes, in their order; a segment ends at the first that reaches beyond it or the file."""
        areas = (row for row in self._program_headers if row[0] == PT_NOTE)
        found = (notes_in(self.data[offset : offset + size]) for _, _, offset, _, _, size, _, _ in areas)
        return islice(chain.from_iterable(found), MOST_NOTES)

    def find(self, pattern: bytes, start: int, end: int) -> int:
        """The offset of ``pattern`` between two offsets of the file, or -1."""
        return self._search_in.find(pattern, start, end)


def _other_process(ident: bytes, machine: int) -> str:
    """What kind of process an ELF identification that is not read tells of."""
    big = ident[5] == _BIG_ENDIAN
    number = machine >> 8 | (machine & 0xFF) << 8 if big else machine
    order = "big-endian" if big else "32-bit"
    return f"a {order} process ({_OTHER_MACHINES.get(number, f'ELF machine {number}')})"


def notes_in(area: memoryview) -> Iterator[Note]:
    """The notes of a note segment, of a core or of a module."""
    at = 0
    while at + _NOTE.size <= len(area):
        owner_size, size, kind = _NOTE.unpack_from(area, at)
        owner_at = at + _NOTE.size
        content_at = owner_at + (owner_size + 3 & ~3)
        at = content_at + (size + 3 & ~3)
        if content_at + size > len(area):
            return
        yield Note(kind, bytes(area[owner_at : owner_at + owner_size]).rstrip(b"\0"), area[content_at:][:size])

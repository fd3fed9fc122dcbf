"""The program, its libraries and the vDSO: where they lie in memory, and their build ids, from the core alone.

The kernel dumps the first page of every ELF file that is mapped (coredump_filter bit 4), and there stand the program
headers and the note with the build id.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from triage.cores.elf_core import PF_X, notes_in
from triage.cores.memory import DumpedMemory
from triage.cores.notes import AT_ENTRY, AT_PHDR, AT_SYSINFO_EHDR, MappedFile
from triage.records import dataclass

PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_GNU_EH_FRAME = 1, 2, 4, 0x6474E550
VDSO = "[vdso]"
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_MOST_PROGRAM_HEADERS = 256
_MOST_NOTE_BYTES = 64 << 10
_NT_GNU_BUILD_ID = 3
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class ModuleSegment:
    """A program header of a module. ``vaddr`` is the address in the file, before the load bias."""

    type: int
    flags: int
    offset: int
    vaddr: int
    file_size: int
    memory_size: int


@dataclass(frozen=True, slots=True)
class Module:
    """An ELF file in the process's memory, from ``start`` to ``end``.

    ``path`` as the process saw it (``[vdso]`` for the kernel's own). ``load_bias`` is what must be taken off an
    address to get the file's. ``build_id`` is ``None`` if the file has none or its first page was not dumped;
    ``segments`` are then empty, and the bias supposes that the file begins at address 0.
    """

    path: str
    start: int
    end: int
    load_bias: int
    build_id: str | None
    segments: tuple[ModuleSegment, ...] = ()
    main: bool = False
    deleted: bool = False

    def segment(self, kind: int) -> ModuleSegment | None:
        """The first program header of that type."""
        return next((segment for segment in self.segments if segment.type == kind), None)

    def is_code(self, address: int) -> bool:
        """Whether ``address`` lies in a segment that may be executed."""
        vaddr = address - self.load_bias
        return any(
            part.type == PT_LOAD and part.flags & PF_X and part.vaddr <= vaddr < part.vaddr + part.memory_size
            for part in self.segments
        )

    def offset_of(self, address: int) -> int:
        """The address in the file: what ``addr2line`` and the like take."""
        return address - self.load_bias


class Modules:
    """The modules by address."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self.all = tuple(sorted(modules, key=lambda module: module.start))
        self._starts = [module.start for module in self.all]

    @property
    def main(self) -> Module | None:
        """The program itself, if it can be told."""
        return next((module for module in self.all if module.main), None)

    def at(self, address: int) -> Module | None:
        """The module that ``address`` lies in."""
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self.all[index].end:
            return None
        return self.all[index]


def find_modules(auxiliary: Mapping[int, int], files: Sequence[MappedFile], memory: DumpedMemory) -> Modules:
    """The modules of a process: what its mapped files and the auxiliary vector say, checked against the memory."""
    anchors = {auxiliary.get(AT_PHDR, 0), auxiliary.get(AT_ENTRY, 0)} - {0}
    found = list(_mapped(files, memory))
    vdso = module_at(auxiliary.get(AT_SYSINFO_EHDR, 0), VDSO, memory)
    if vdso:
        found.append(vdso)
    return Modules([_marked(module, anchors) for module in found])


def _marked(module: Module, anchors: set[int]) -> Module:
    return replace(module, main=any(module.start <= anchor < module.end for anchor in anchors))


def _mapped(files: Sequence[MappedFile], memory: DumpedMemory) -> Iterator[Module]:
    """One module for every ELF file that is mapped to run: a file that is only read has no executable range."""
    index = 0
    while index < len(files):
        first = files[index]
        module = module_at(first.start, first.path, memory) if first.offset == 0 else None
        after, end = index + 1, module.end if module else first.end
        while after < len(files) and files[after].path == first.path and (not module or files[after].start < end):
            end = max(end, files[after].end)
            after += 1
        group = files[index:after]
        index = after
        if not any(_runs(file, module, memory) for file in group):
            continue
        module = module or Module(first.path, first.start, end, first.start - first.offset, None)
        yield replace(module, end=max(end, module.end), deleted=first.deleted)


def _runs(file: MappedFile, module: Module | None, memory: DumpedMemory) -> bool:
    segment = memory.segment_at(file.start)
    if segment is not None:
        return bool(segment.flags & PF_X)
    # gdb's gcore leaves out ranges that it does not dump, where the kernel lists them as empty.
    return module is not None and module.is_code(file.start)


def module_at(start: int, path: str, memory: DumpedMemory) -> Module | None:
    """The ELF file whose first page lies at ``start``, as far as that page was dumped."""
    page = memory.read_some(start, _PAGE)
    if page is None or len(page) < _HEADER.size or bytes(page[:4]) != b"\x7fELF":
        return None
    header = _HEADER.unpack_from(page)
    table_at, size, count = header[5], header[9], header[10]
    table_end = table_at + count * _PROGRAM_HEADER.size
    if size != _PROGRAM_HEADER.size or not 0 < count <= _MOST_PROGRAM_HEADERS or table_end > len(page):
        return None
    segments = tuple(
        ModuleSegment(kind, flags, offset, vaddr, file_size, memory_size)
        for kind, flags, offset, vaddr, _, file_size, memory_size, _ in _PROGRAM_HEADER.iter_unpack(
            page[table_at:table_end]
        )
    )
    loaded = [segment for segment in segments if segment.type == PT_LOAD]
    if not loaded:
        return None
    first = min(loaded, key=lambda segment: segment.vaddr)
    bias = start - (first.vaddr - first.offset)
    end = bias + max(segment.vaddr + segment.memory_size for segment in loaded)
    if not start < end < 1 << 64:
        return None
    return Module(path, start, end, bias, _build_id(segments, bias, memory), segments)


def _build_id(segments: Sequence[ModuleSegment], bias: int, memory: DumpedMemory) -> str | None:
    for segment in segments:
        if segment.type != PT_NOTE or segment.file_size > _MOST_NOTE_BYTES:
            continue
        area = memory.read_some(bias + segment.vaddr, segment.file_size)
        for note in notes_in(area) if area is not None else ():
            if note.type == _NT_GNU_BUILD_ID and note.owner == b"GNU" and len(note.content):
                return note.content.hex()
    return None

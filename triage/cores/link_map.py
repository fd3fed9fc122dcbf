"""The mapped files of a core without NT_FILE (qemu, kernels before 3.7), from the dynamic linker's list.

The program's dynamic section leads to ``struct r_debug`` (DT_DEBUG, link.h), and that to a ``struct link_map`` for
each library: load address, name, dynamic section, next.
"""

import struct
from collections.abc import Iterator, Mapping

from triage.cores.memory import DumpedMemory, Memory
from triage.cores.modules import PT_DYNAMIC, PT_LOAD, Module, module_at
from triage.cores.notes import AT_BASE, AT_PHDR, MappedFile

MOST_LIBRARIES = 4096
_DT_DEBUG = 21
_DYNAMIC = struct.Struct("<QQ")
_MOST_DYNAMIC_BYTES = 8192
_LINK_MAP = struct.Struct("<QQQQ")
_R_MAP_AT = 8
_PAGE = 4096
_PROGRAM, _LINKER = "[program]", "[dynamic linker]"


def files_by_link_map(auxiliary: Mapping[int, int], dumped: DumpedMemory) -> list[MappedFile]:
    """The files as far as the list can be followed. It has no name for the program: that is ``[program]``."""
    program = module_at(auxiliary.get(AT_PHDR, 0) & -_PAGE, _PROGRAM, dumped)
    linker = module_at(auxiliary.get(AT_BASE, 0), _LINKER, dumped)
    found = {module.start: module for module in (program, linker) if module}
    for bias, name in _libraries(program, Memory(dumped)) if program else ():
        library = module_at(bias, name, dumped)
        if library:
            found[library.start] = library
    files = [file for module in found.values() for file in _segments_as_files(module)]
    return sorted(files, key=lambda file: file.start)


def _libraries(program: Module, memory: Memory) -> Iterator[tuple[int, str]]:
    entry = memory.word(_debug_address(program, memory) + _R_MAP_AT)
    for _ in range(MOST_LIBRARIES):
        raw = memory.read(entry, _LINK_MAP.size) if entry else None
        if raw is None:
            return
        bias, name_at, _, entry = _LINK_MAP.unpack(raw)
        name = memory.string(name_at)
        if name:
            yield bias, name.decode("utf-8", "backslashreplace")


def _debug_address(program: Module, memory: Memory) -> int:
    dynamic = program.segment(PT_DYNAMIC)
    if dynamic is None:
        return 0
    size = min(dynamic.memory_size, _MOST_DYNAMIC_BYTES) // _DYNAMIC.size * _DYNAMIC.size
    table = memory.read(program.load_bias + dynamic.vaddr, size) or b""
    values: dict[int, int] = dict(_DYNAMIC.iter_unpack(table))
    return values.get(_DT_DEBUG, 0)


def _segments_as_files(module: Module) -> Iterator[MappedFile]:
    for segment in module.segments:
        if segment.type == PT_LOAD and segment.file_size:
            start = module.load_bias + segment.vaddr & -_PAGE
            end = module.load_bias + segment.vaddr + segment.file_size
            yield MappedFile(start, end, segment.offset & -_PAGE, module.path)

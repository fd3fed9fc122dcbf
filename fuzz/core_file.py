"""Fuzzes the reader of core files: ``python fuzz/core_file.py [CORPUS]``, with ``pip install atheris`` and gcc.

An input is a list of changes to a core of the native test program (``tests/small_core.py``), which holds all code and
all tables. So the changes reach the headers, the notes, the stacks, the call frame information and the walk.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["triage"]):
    from triage.cores.core import read_mapped
    from triage.cores.elf_core import ElfCore
    from triage.cores.errors import CoreError
    from triage.cores.memory_map import memory_map
    from triage.cores.modules import PT_GNU_EH_FRAME

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from small_core import small_core

LONGEST_CHANGE = 8
LONGEST_INPUT = 2000
TABLES = 60_000
"""Bytes of ``.eh_frame_hdr`` and the ``.eh_frame`` behind it."""


def places(core: bytes) -> list[tuple[int, int]]:
    """The ranges of the core, as offsets, in which a change does most: headers and notes, the tables, the stacks."""
    elf = ElfCore(core, "core")
    found = read_mapped(elf)
    main = found.modules.main
    header = main.segment(PT_GNU_EH_FRAME) if main else None
    vectors = [found.memory.dumped.segment_at(thread.registers[found.machine.sp]) for thread in found.threads]
    ranges = [(0, min(segment.offset for segment in elf.segments))]
    ranges += [(segment.offset, segment.offset + segment.file_size) for segment in vectors if segment]
    for start in (main.load_bias + header.vaddr,) if main and header else ():
        segment = found.memory.dumped.segment_at(start)
        if segment:
            ranges.append((segment.offset + start - segment.start, segment.offset + start - segment.start + TABLES))
    return ranges


def read(core: bytes) -> None:
    """Read a core; it may be refused, in words, and nothing else."""
    try:
        memory_map(read_mapped(ElfCore(core, "core")))
    except CoreError as error:
        if not str(error) or not error.hint:
            raise AssertionError("a core was refused without a reason or a hint") from error


def main() -> None:
    """Fuzz until something is found."""
    whole = small_core()
    ranges = places(whole)

    def change_and_read(data: bytes) -> None:
        core, source = bytearray(whole), atheris.FuzzedDataProvider(data)
        while source.remaining_bytes():
            start, end = ranges[source.ConsumeIntInRange(0, len(ranges) - 1)]
            at = source.ConsumeIntInRange(start, end - 1)
            new = source.ConsumeBytes(source.ConsumeIntInRange(1, LONGEST_CHANGE))
            core[at : at + len(new)] = new
        read(bytes(core))

    atheris.Setup([*sys.argv, f"-max_len={LONGEST_INPUT}", "-timeout=20"], change_and_read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Fuzzes the reader of core files: ``python fuzz/core_file.py CORPUS``, with ``pip install atheris``.

An empty corpus is started with a core of the native test program (``tests/small_core.py``), which holds all code and
all tables, so that changed bytes reach the notes, the modules, the call frame information and the walk.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports():
    from triage.cores.core import read_mapped
    from triage.cores.elf_core import ElfCore
    from triage.cores.errors import CoreError
    from triage.cores.memory_map import memory_map

LONGEST_INPUT = 2 << 20


def read(data: bytes) -> None:
    """Read ``data`` as a core; it may be refused, in words, and nothing else."""
    try:
        memory_map(read_mapped(ElfCore(data, "core")))
    except CoreError as error:
        if not str(error) or not error.hint:
            raise AssertionError("a core was refused without a reason or a hint") from error


def seed(corpus: Path) -> None:
    """Put the first core into an empty corpus."""
    corpus.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
        from small_core import small_core

        (corpus / "small.core").write_bytes(small_core())


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        if not argument.startswith("-"):
            seed(Path(argument))
    atheris.Setup([*sys.argv, f"-max_len={LONGEST_INPUT}", "-timeout=20"], read)
    atheris.Fuzz()

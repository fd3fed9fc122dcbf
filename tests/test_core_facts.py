"""What a core states besides stacks: the process, its modules, its memory. readelf and the program are the truth."""

import os
import re
import shutil
import struct
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard
from core_cases import files_here, read
from native_builds import build, core, core_in, cores_allowed, tool

from triage.cores.core import Core, read_core
from triage.cores.locks import Wait, deadlocks
from triage.cores.memory_map import MemoryKind, memory_map
from triage.cores.modules import VDSO, Module
from triage.symbols.elf_image import ElfImage

TERABYTE = 1 << 40


def symbol_address(binary: Path, name: str) -> int:
    told = subprocess.run([tool("nm", "binutils"), str(binary)], capture_output=True, text=True, check=True).stdout
    return next(int(line.split()[0], 16) for line in told.splitlines() if line.endswith(f" {name}"))


def main_module(found: Core) -> Module:
    assert found.modules.main is not None
    return found.modules.main


def test_the_process_has_its_name_and_arguments() -> None:
    found = read(core("lto", "assert"))
    assert found.process is not None
    assert (found.process.name, found.process.parent_pid) == ("server", os.getpid())
    assert found.process.arguments == f"{build('lto')} assert"[:79]
    assert [thread.name for thread in found.threads if thread.tid == found.process.pid] == ["server"]
    assert {thread.name for thread in found.threads if thread.tid != found.process.pid} == {None}


@pytest.mark.parametrize("name", ["lto", "no-pie", "static", "stripped"])
def test_every_module_has_the_build_id_of_its_file(name: str) -> None:
    """The core is read without any file: its own pages hold the ids."""
    found = read_core(core(name, "assert"))
    main = main_module(found)
    assert Path(main.path) == build(name)
    assert [module for module in found.modules.all if module.path == VDSO]
    for module in found.modules.all:
        image = files_here(module)
        assert module.build_id
        assert image is None or image.build_id == module.build_id
    told = subprocess.run([tool("readelf", "binutils"), "-n", main.path], capture_output=True, text=True, check=True)
    assert main.build_id == re.findall("Build ID: ([0-9a-f]+)", told.stdout)[0]


def test_a_program_that_was_replaced_while_it_ran_is_told(tmp_path: Path) -> None:
    """As after an upgrade without a restart: the file of that name is another one, or gone."""
    program = tmp_path / "server"
    shutil.copy(build("lto"), program)
    with cores_allowed(), subprocess.Popen([program, "thread"], cwd=tmp_path, stderr=subprocess.DEVNULL):
        program.unlink()
    path = core_in(tmp_path)
    if path is None:
        pytest.skip("the system wrote no core; see /proc/sys/kernel/core_pattern")
    main = main_module(read_core(path))
    assert (main.path, main.deleted) == (str(program), True)
    assert main.build_id == ElfImage.open(build("lto")).build_id


@pytest.mark.parametrize(("name", "pie"), [("lto", True), ("no-pie", False), ("static", False)])
def test_memory_is_read_through_the_load_bias(name: str, pie: bool) -> None:
    found = read(core(name, "assert"))
    main = main_module(found)
    assert (main.load_bias != 0) == pie
    server = main.load_bias + symbol_address(build(name), "server")
    assert found.memory.read(server, 4) == struct.pack("<i", found.process.pid if found.process else 0)
    executable = found.memory.word(server + 24)
    assert executable is not None
    assert found.memory.string(executable) == str(build(name)).encode()


def test_pages_that_were_not_dumped_come_from_the_file() -> None:
    path = core("lto", "assert")
    found, alone = read(path), read_core(path)
    entry = main_module(found).load_bias + ElfImage.open(build("lto")).entry
    expected = ElfImage.open(build("lto")).read(ElfImage.open(build("lto")).entry, 16)
    assert expected is not None
    assert found.memory.read(entry, 16) == bytes(expected)
    assert alone.memory.read(entry, 16) is None


def test_what_is_nowhere_is_none_and_not_zero() -> None:
    memory = read(core("lto", "assert")).memory
    assert (memory.read(0, 8), memory.word(8), memory.string(16)) == (None, None, None)
    assert memory.read((1 << 64) - 4, 8) is None
    assert memory.read(0, 0) == b""


def test_a_read_goes_on_over_the_border_of_two_segments() -> None:
    memory = read(core("lto", "assert")).memory
    full = [part for part in memory.dumped.segments if part.file_size == part.memory_size]
    first, second = next(pair for pair in pairwise(full) if pair[0].end == pair[1].start)
    left, right = memory.read(first.end - 8, 8), memory.read(second.start, 8)
    assert left is not None
    assert right is not None
    assert memory.read(first.end - 8, 16) == left + right


def test_the_memory_map_adds_up() -> None:
    path = core("lto", "assert")
    found = read(path)
    rows = {row.kind: row for row in memory_map(found)}
    assert sum(row.mapped for row in rows.values()) == sum(part.memory_size for part in found.memory.dumped.segments)
    assert rows[MemoryKind.STACK].ranges == len(found.threads)
    assert rows[MemoryKind.CODE].dumped < rows[MemoryKind.CODE].mapped
    assert rows[MemoryKind.GUARD].dumped == 0


def test_a_compressed_core_is_the_same_core(tmp_path: Path) -> None:
    path, packed = core("lto", "thread", handler=True), tmp_path / "core.zst"
    packed.write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))
    plain, found = read(path), read(packed)
    assert (found.threads, found.process, found.problems) == (plain.threads, plain.process, ())


def test_a_terabyte_of_core_takes_no_more_memory(tmp_path: Path) -> None:
    """A heap of a terabyte, as a hole: neither the file nor the address space is ever walked through."""
    data = bytearray(core("lto", "assert").read_bytes())
    (table_at,) = struct.unpack_from("<Q", data, 32)
    (count,) = struct.unpack_from("<H", data, 56)
    rows = [struct.unpack_from("<IIQQQQQQ", data, table_at + 56 * index) for index in range(count)]
    spare = next(index for index, row in enumerate(rows) if row[0] == 1 and row[5] == 0 and not row[1] & 1)
    heap = (1, 6, len(data), 0x100000000000, 0, TERABYTE, TERABYTE, 4096)
    struct.pack_into("<IIQQQQQQ", data, table_at + 56 * spare, *heap)
    path = tmp_path / "core"
    with path.open("wb") as file:
        file.write(data)
        try:
            file.truncate(len(data) + TERABYTE)
        except OSError as error:
            pytest.skip(f"this file system holds no sparse file of a terabyte: {error}")
    before = _peak_kib()
    found = read(path)
    assert found.memory.word(0x100000000000 + TERABYTE - 8) == 0
    assert [len(thread.frames) for thread in found.threads] == [
        len(thread.frames) for thread in read(core("lto", "assert")).threads
    ]
    assert _peak_kib() - before < 64 << 10
    assert found.problems == ()


def _peak_kib() -> int:
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0])


def test_a_ring_of_locks_is_a_deadlock() -> None:
    held = [(1, Wait(16, "mutex", 2)), (2, Wait(32, "mutex", 3)), (3, Wait(48, "mutex", 2)), (4, None)]
    assert deadlocks(held) == ((2, 3),)
    assert deadlocks([(1, Wait(16, "mutex", 2)), (2, Wait(32, "futex"))]) == ()

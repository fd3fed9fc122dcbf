"""Cores of the native server on arm64: cross-compiled, run by qemu, and completed to what a kernel would write.

qemu writes true registers, notes and memory, but neither the first pages of programs nor which files were mapped:
both are added here as Linux adds them (fs/binfmt_elf.c). The program is static, so it is the only file.
"""

import struct
import subprocess
from functools import cache
from pathlib import Path

import pytest
from native_builds import COMMON_FLAGS, PATIENCE_SECONDS, SOURCES, cores_allowed, tool, workshop

_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_TABLE_AT, _TABLE_ENTRIES_AT = 32, 56
_PT_LOAD, _PT_NOTE, _NT_FILE = 1, 4, 0x46494C45
_NT_ARM_PAC_MASK = 0x406
_PAGE = 4096
PAC = (0x007F_0000_0000_0000, 0x007F_0000_0000_0000)
"""The bits that pointer authentication takes in addresses of data and of code, with 48-bit addresses."""


@cache
def arm_build() -> Path:
    """The program for arm64."""
    binary = workshop() / "arm64" / "server"
    compiler = tool("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
    binary.parent.mkdir()
    sources = sorted(path.name for path in SOURCES.glob("*.c"))
    subprocess.run(
        [compiler, *COMMON_FLAGS, "-O2", "-g", "-static", *sources, "-o", str(binary)], cwd=SOURCES, check=True
    )
    return binary


def arm_core(way: str, *, handler: bool = False) -> Path:
    """The core of the program after dying that way, as a kernel on arm64 would have written it."""
    return _arm_core(way, handler)


@cache
def _arm_core(way: str, handler: bool) -> Path:
    emulator, binary = tool("qemu-aarch64", "qemu-user"), arm_build()
    directory = workshop() / f"arm64-{way}{'-handler' if handler else ''}"
    directory.mkdir()
    with cores_allowed():
        subprocess.run(
            [emulator, str(binary), way, *(["handler"] if handler else [])],
            cwd=directory, capture_output=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
    written = next(directory.glob("qemu_*.core"), None)
    if written is None:
        pytest.skip("qemu-aarch64 wrote no core")
    complete(written, binary)
    return written


def complete(core: Path, binary: Path) -> None:
    """Give the core the notes NT_FILE and NT_ARM_PAC_MASK and the first page of the program, all at its end."""
    data = bytearray(core.read_bytes())
    mapped = [row for row in _rows(binary.read_bytes()) if row[0] == _PT_LOAD]
    (table_at,) = struct.unpack_from("<Q", data, _TABLE_AT)
    files = _files_note(mapped, str(binary))
    for index, (kind, flags, offset, start, _, size, memory_size, _) in enumerate(_rows(data)):
        if kind == _PT_NOTE:
            notes = data[offset : offset + size] + files + note(b"LINUX", _NT_ARM_PAC_MASK, struct.pack("<QQ", *PAC))
            offset, size = len(data), len(notes)
            data += notes
        elif start == mapped[0][3] and not size:
            offset, size = len(data), _PAGE
            data += binary.read_bytes()[:_PAGE]
        row = (kind, flags, offset, start, 0, size, memory_size, 0)
        _PROGRAM_HEADER.pack_into(data, table_at + index * _PROGRAM_HEADER.size, *row)
    core.write_bytes(data)


def _rows(data: bytes | bytearray) -> list[tuple[int, ...]]:
    (at,), (count,) = struct.unpack_from("<Q", data, _TABLE_AT), struct.unpack_from("<H", data, _TABLE_ENTRIES_AT)
    return list(_PROGRAM_HEADER.iter_unpack(data[at : at + count * _PROGRAM_HEADER.size]))


def _files_note(mapped: list[tuple[int, ...]], path: str) -> bytes:
    content = struct.pack("<QQ", len(mapped), _PAGE)
    for _, _, offset, start, _, size, _, _ in mapped:
        first, end = start & -_PAGE, (start + size + _PAGE - 1) & -_PAGE
        content += struct.pack("<QQQ", first, end, offset // _PAGE)
    content += (path.encode() + b"\0") * len(mapped)
    return note(b"CORE", _NT_FILE, content)


def note(owner: bytes, kind: int, content: bytes) -> bytes:
    """A note as it stands in a core."""
    name = owner + b"\0" * (8 - len(owner))
    return struct.pack("<III", len(owner) + 1, len(content), kind) + name + content + b"\0" * (-len(content) % 4)

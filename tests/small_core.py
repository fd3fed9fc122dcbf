"""A core of one megabyte that needs no file beside it, to be damaged in thousands of ways by tests and by the fuzzer.

The native server, static and with all its code dumped, dies in an I/O thread under its own handler. Of its stacks
only what is in use is kept.
"""

import struct
import subprocess
from functools import cache

import pytest
from native_builds import COMMON_FLAGS, SOURCES, core_in, cores_allowed, tool, workshop

DUMP_EVERYTHING = "0x7f"
KEPT_STACK = 8 << 10
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_TABLE_AT, _COUNT_AT = 32, 56
_NOTE = struct.Struct("<III")
_PT_LOAD, _PT_NOTE, _NT_PRSTATUS, _RSP_AT = 1, 4, 1, 112 + 19 * 8
_PAGE = 4096


@cache
def small_core() -> bytes:
    """The core, made once per session."""
    return shrunk(full_core())


def full_core() -> bytes:
    """The core as the kernel writes it, of a process without an environment."""
    directory = workshop() / "small"
    directory.mkdir()
    sources = sorted(str(path) for path in SOURCES.glob("*.c"))
    flags = [*COMMON_FLAGS, "-O2", "-static", "-Wl,--eh-frame-hdr", "-Wl,--gc-sections"]
    subprocess.run([tool("gcc", "gcc libc6-dev"), *flags, *sources, "-o", str(directory / "server")], check=True)
    start = f"echo {DUMP_EVERYTHING} > /proc/self/coredump_filter; exec env -i ./server thread handler"
    with cores_allowed():
        subprocess.run(["sh", "-c", start], cwd=directory, capture_output=True, check=False)
    path = core_in(directory)
    if path is None:
        pytest.skip("the system wrote no core; see /proc/sys/kernel/core_pattern")
    return path.read_bytes()


def shrunk(core: bytes) -> bytes:
    """The core with at most ``KEPT_STACK`` bytes of every large segment, from the stack pointer in it on."""
    (at,), (count,) = struct.unpack_from("<Q", core, _TABLE_AT), struct.unpack_from("<H", core, _COUNT_AT)
    rows = [_PROGRAM_HEADER.unpack_from(core, at + index * _PROGRAM_HEADER.size) for index in range(count)]
    body = bytearray(core[: at + count * _PROGRAM_HEADER.size])
    pointers = _stack_pointers(next(core[row[2] : row[2] + row[5]] for row in rows if row[0] == _PT_NOTE))
    for index, (kind, flags, offset, start, unused, size, memory_size, align) in enumerate(rows):
        kept, first = size, start
        inside = [pointer for pointer in pointers if start <= pointer < start + size]
        if kind == _PT_LOAD and inside:
            first = inside[0] & -_PAGE
            kept = min(KEPT_STACK, start + size - first)
            memory_size = kept
        content = core[offset + first - start : offset + first - start + kept]
        _PROGRAM_HEADER.pack_into(
            body, at + index * _PROGRAM_HEADER.size, kind, flags, len(body), first, unused, kept, memory_size, align
        )
        body += content
    return bytes(body)


def _stack_pointers(notes: bytes) -> list[int]:
    found, at = [], 0
    while at + _NOTE.size <= len(notes):
        name, size, kind = _NOTE.unpack_from(notes, at)
        content_at = at + _NOTE.size + (name + 3 & ~3)
        if kind == _NT_PRSTATUS:
            found += struct.unpack_from("<Q", notes, content_at + _RSP_AT)
        at = content_at + (size + 3 & ~3)
    return found

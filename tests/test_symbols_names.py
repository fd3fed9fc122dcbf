"""Names as people write them: demangled, without versions, and of aliases the plainest."""

import platform
import struct
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard
from native_builds import build, tool

from triage.symbols.demangle import demangled
from triage.symbols.elf_image import ElfImage
from triage.symbols.symbol_table import Symbols
from triage.symbols.unpack import unpack_section

NAMES = {
    "serverAssert": "serverAssert",
    "_start": "_start",
    "_Zbogus": "_Zbogus",
    "_ZN3foo3Bar4bazzEiPKcSt6vectorIiSaIiEE": "foo::Bar::bazz",
    "_ZNKSt3mapIisE4findEv": "std::map<int, short>::find",
    "_ZN12_GLOBAL__N_13fooEv": "(anonymous namespace)::foo",
    "_ZN4jobs6WorkerclEi": "jobs::Worker::operator()",
    "_ZNK4jobs3BoxIiE2asIdEET_v": "jobs::Box<int>::as<double>",
    "_Znwm": "operator new",
    "_ZN3FooC2Ei": "Foo::Foo",
    "_Z3fooi.part.0": "foo.part.0",
    "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE": "core::fmt::Formatter::write_str",
    "_ZN4core3ptr23drop_in_place$LT$u8$GT$17h527d7013781da89cE": "core::ptr::drop_in_place<u8>",
    "_ZN5alloc3fmt6format13format..inner17h527d7013781da89cE": "alloc::fmt::format::format::inner",
    "_RNvCskwGfYPst2Cb_3foo16example_function": "foo::example_function",
    "_Z" + "N3foo" * 2000: "_Z" + "N3foo" * 2000,
}


@pytest.mark.parametrize("mangled", NAMES, ids=lambda name: name[:40])
def test_cpp_and_rust_names_are_demangled_without_parameters(mangled: str) -> None:
    assert demangled(mangled) == NAMES[mangled]


def test_a_name_that_doubles_with_every_reference_to_itself_is_left_alone() -> None:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    doubling = "_Z1f1PIiiE" + "".join(f"S_IS{digit}_S{digit}_E" for digit in digits[:30])
    assert demangled(doubling) == doubling


def test_an_alias_without_underscores_and_a_name_without_its_version() -> None:
    (line,) = [line for line in told("ldd", str(build("plain"))).splitlines() if "libc.so" in line]
    libc = Symbols.exported(ElfImage.open(line.split()[2]))
    for name in ("read", "abort", "epoll_wait", "pthread_create"):
        found = libc.find(name)
        assert found is not None
        assert libc.at(found) == (name, found)
        assert libc.at(found + 1) == (name, found)


def test_padding_between_functions_belongs_to_none() -> None:
    symbols = Symbols.of(ElfImage.open(build("dwarf4")))
    rows = [line.split() for line in told("nm", "-S", str(build("dwarf4"))).splitlines()]
    sized = sorted((int(row[0], 16), int(row[1], 16)) for row in rows if len(row) == 4 and row[2] in "tT")
    gaps = [start + size for (start, size), (following, _) in pairwise(sized) if start + size < following]
    assert gaps
    assert [symbols.at(gap) for gap in gaps] == [None] * len(gaps)


def test_sections_compressed_with_zstandard_are_read() -> None:
    content = bytes(range(256)) * 100
    header = struct.pack("<IIQQ", 2, 0, len(content), 1)
    assert unpack_section(memoryview(header + zstandard.compress(content))) == content


def test_the_headers_say_what_readelf_says(tmp_path: Path) -> None:
    for name, pie in (("plain", True), ("no-pie", False)):
        image, said = ElfImage.open(build(name)), told("readelf", "-hnW", str(build(name)))
        assert f"Build ID: {image.build_id}" in said
        assert hex(image.entry) in said
        assert image.pie is pie
        assert image.machine == platform.machine().replace("_", "-")
        text = image.section(".text")
        assert text is not None
        assert image.to_offset(text.vaddr) == text.offset
        assert image.to_vaddr(text.offset) == text.vaddr
        assert image.read(text.vaddr, 16) == image.read_section(".text")[:16]


def told(command: str, *arguments: str) -> str:
    return subprocess.run([tool(command, "binutils"), *arguments], capture_output=True, text=True, check=True).stdout

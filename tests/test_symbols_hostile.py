"""Damaged and lying binaries: a sentence that says what is wrong, never a traceback, never a hang."""

import importlib.util
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from native_builds import build
from symbol_referee import sample

from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.module import Module
from triage.symbols.source_frame import SourceFrame
from triage.symbols.unpack import UnpackError, unpack_section, unpack_xz, unpack_zdebug

TARGET = Path(__file__).parent.parent / "fuzz" / "elf_image.py"
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
SPECIFICATION = importlib.util.spec_from_file_location("fuzz_elf_image", TARGET)
FUZZ = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(FUZZ)


def with_bytes(data: bytes, changes: dict[int, bytes]) -> bytes:
    spoilt = bytearray(data)
    for at, content in changes.items():
        spoilt[at : at + len(content)] = content
    return bytes(spoilt)


def section_header(data: bytes, name: str) -> int:
    """Where the header of a section stands in the file."""
    image = ElfImage(data, "seed")
    index = [section.name for section in image.sections].index(name)
    return int.from_bytes(data[40:48], "little") + index * SECTION_HEADER.size


def base(frame: SourceFrame) -> str:
    """The function without what only the symbol table says of it."""
    return (frame.function or "").partition(".")[0]


LIES = {
    "nothing": (b"", "no ELF file"),
    "text": (b"#!/bin/sh\n", "no ELF file"),
    "cut in the header": (b"\x7fELF\x02\x01\x01" + bytes(20), "ends inside its ELF header"),
    "32 bits": (b"\x7fELF\x01\x01\x01" + bytes(57), "not a 64-bit little-endian"),
    "big-endian": (b"\x7fELF\x02\x02\x01" + bytes(57), "not a 64-bit little-endian"),
}


@pytest.mark.parametrize("name", LIES)
def test_what_is_no_such_file_is_said_in_a_sentence(name: str, tmp_path: Path) -> None:
    content, says = LIES[name]
    path = tmp_path / "server"
    path.write_bytes(content)
    with pytest.raises(ElfError, match=says) as caught:
        ElfImage.open(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(ElfError, match="cannot be read"):
            ElfImage.open(path)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_binary_says_so_and_still_tells_its_build_id(kept: float) -> None:
    whole = build("dwarf4").read_bytes()
    image = ElfImage(whole[: int(len(whole) * kept)], "cut")
    assert image.build_id == ElfImage(whole, "whole").build_id
    with pytest.raises(ElfError, match="reaches beyond the file"):
        image.section(".text")
    module = Module(image)
    assert module.resolve(image.entry, is_return_address=False) == ()
    assert "reaches beyond" in module.problems[0].message


@pytest.mark.parametrize("section", [".debug_info", ".debug_abbrev", ".debug_line", ".debug_str"])
@pytest.mark.parametrize("filling", [b"\x00", b"\xff", b"\x80", b"\x01"])
def test_a_spoilt_section_costs_what_it_held_and_nothing_else(section: str, filling: bytes) -> None:
    whole = build("dwarf4").read_bytes()
    found = ElfImage(whole, "whole").section(section)
    image = ElfImage(with_bytes(whole, {found.offset: filling * found.size}), "spoilt")
    module = Module(image, image)
    sound = Module(ElfImage(whole, "whole"), ElfImage(whole, "whole"))
    for address in sample(image, 20):
        told, wanted = (
            module.resolve(address, is_return_address=False),
            sound.resolve(address, is_return_address=False),
        )
        # What only the line table knows (a stub without a symbol) goes with it; names come from the symbol table.
        if not (wanted and wanted[-1].function):
            continue
        if section != ".debug_str":
            assert [base(frame) for frame in told][-1:] == [base(frame) for frame in wanted][-1:]
        if section == ".debug_line":
            assert [base(frame) for frame in told] == [base(frame) for frame in wanted]


def test_a_section_that_reaches_beyond_the_file_is_named() -> None:
    whole = build("dwarf4").read_bytes()
    at = section_header(whole, ".debug_info")
    image = ElfImage(with_bytes(whole, {at + 32: (1 << 60).to_bytes(8, "little")}), "lying")
    with pytest.raises(ElfError, match=r"\.debug_info reaches beyond the end"):
        image.read_section(".debug_info")


def test_a_compressed_section_that_claims_terabytes_is_refused() -> None:
    packed = struct.pack("<IIQQ", 1, 0, 1 << 42, 1) + zlib.compress(bytes(1000))
    with pytest.raises(UnpackError, match="claims to hold 4398046511104 bytes"):
        unpack_section(memoryview(packed))


@pytest.mark.parametrize(
    ("unpack", "packed"),
    [
        (unpack_section, b"\1"),
        (unpack_section, struct.pack("<IIQQ", 9, 0, 10, 1)),
        (unpack_section, struct.pack("<IIQQ", 1, 0, 10, 1) + b"no zlib"),
        (unpack_section, struct.pack("<IIQQ", 1, 0, 10, 1) + zlib.compress(b"more than ten bytes")),
        (unpack_section, struct.pack("<IIQQ", 2, 0, 10, 1) + b"no zstd"),
        (unpack_zdebug, b"ZLIB"),
        (unpack_zdebug, b"none" + bytes(20)),
        (unpack_xz, b"\xfd7zXZ\0nothing"),
        (unpack_xz, b""),
    ],
)
def test_what_cannot_be_decompressed_is_an_error_with_a_reason(unpack: object, packed: bytes) -> None:
    with pytest.raises(UnpackError):
        unpack(memoryview(packed))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["lto", "dwarf4", "compressed", "stripped"]), st.randoms(use_true_random=False))
def test_changed_bytes_never_raise_another_error(name: str, random_source: object) -> None:
    FUZZ.one_input(FUZZ.changed(build(name).read_bytes(), random_source))

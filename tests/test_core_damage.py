"""Cores, tables and programs that are cut, wrong or deceiving: a sentence says what is wrong, the rest is read."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from core_cases import crashed_thread, files_here
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from native_builds import build, core
from small_core import small_core

from triage.cores.core import Core, read_core, read_mapped
from triage.cores.elf_core import ElfCore
from triage.cores.errors import CoreError
from triage.cores.frames import Trust, WalkEnd
from triage.cores.memory_map import memory_map
from triage.cores.modules import PT_GNU_EH_FRAME, Module
from triage.cores.stack_groups import stack_groups
from triage.cores.walk import MOST_STEPS
from triage.symbols.elf_image import ElfError, ElfImage

MUTATIONS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def read(data: bytes) -> Core:
    return read_mapped(ElfCore(data, "core"))


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def offset_of(data: bytes, address: int) -> int:
    """Where the byte of that address stands in the core."""
    segment = read(data).memory.dumped.segment_at(address)
    assert segment is not None
    return segment.offset + address - segment.start


def assert_says_what_is_wrong(data: bytes) -> None:
    """Everything that can be asked of a damaged core is answered, or the core is refused in words."""
    found, refused = None, None
    try:
        found = read(data)
    except CoreError as error:
        refused = error
    if found is None:
        assert refused is not None
        assert str(refused).startswith("core ")
        assert refused.hint
        return
    assert found.threads
    assert memory_map(found) or not found.memory.dumped.segments
    assert stack_groups(found.threads)
    for thread in found.threads:
        assert thread.frames
        assert len(thread.frames) + thread.walk.omitted <= MOST_STEPS
        assert thread.walk.end in WalkEnd


REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an empty file": (lambda data: b"", "too short"),
    "a cut header": (lambda data: data[:40], "too short"),
    "some text": (lambda data: b"1:M 01 Jan 2025 10:00:00.000 # crashed by signal: 11\n" * 9, "is no core file"),
    "a program": (lambda data: patched(data, 16, struct.pack("<H", 3)), "is no core file"),
    "a 32-bit core": (lambda data: patched(patched(data, 4, b"\x01"), 18, b"\x03\0"), r"a 32-bit process \(i386\)"),
    "an arm core": (lambda data: patched(patched(data, 4, b"\x01"), 18, b"\x28\0"), r"a 32-bit process \(ARM\)"),
    "a big-endian core": (
        lambda data: patched(patched(data, 5, b"\x02"), 16, b"\0\x04\0\x16"),
        r"a big-endian process \(s390\)",
    ),
    "another processor": (lambda data: patched(data, 18, struct.pack("<H", 243)), "unknown processor"),
    "no program headers": (lambda data: patched(data, 56, struct.pack("<H", 0)), "damaged program header table"),
    "program headers elsewhere": (lambda data: patched(data, 32, struct.pack("<Q", 1 << 60)), "cut before"),
    "cut before the notes": (lambda data: data[:512], "holds no threads"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_core_is_refused_in_words(case: str) -> None:
    damage, words = REFUSED[case]
    with pytest.raises(CoreError, match=words) as refused:
        read(damage(small_core()))
    assert refused.value.hint


def test_a_path_that_cannot_be_read_is_an_error_with_a_hint(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(CoreError, match="cannot be read") as refused:
            read_core(path)
        assert refused.value.hint
    (tmp_path / "notes.txt").write_text("no core at all\n")
    with pytest.raises(CoreError, match="is no core file"):
        read_core(tmp_path / "notes.txt")


def test_the_small_core_is_whole() -> None:
    found = read(small_core())
    assert found.problems == ()
    assert len(found.threads) == 7
    assert all(thread.walk.end is WalkEnd.OUTERMOST for thread in found.threads)


def test_a_cut_core_says_so_and_keeps_its_threads() -> None:
    """The kernel writes notes first and stacks last: of a core cut by ``ulimit -c`` the registers remain."""
    data = small_core()
    found = read(data[: len(data) // 3])
    assert f"it has {len(data) // 3} of {len(data)} bytes" in found.problems[0].message
    assert len(found.threads) == 7
    assert {thread.walk.end for thread in found.threads} <= {WalkEnd.NOT_DUMPED, WalkEnd.NO_CALLER, WalkEnd.DAMAGED}
    assert [thread.registers for thread in found.threads] == [thread.registers for thread in read(data).threads]


def test_a_stack_that_leads_back_to_itself_ends() -> None:
    data = small_core()
    thread = crashed_thread(read(data))
    frame = thread.frames[1]
    assert frame.cfa is not None
    # The return address of the second frame becomes that of the first: the same function, with the same table.
    found = read(patched(data, offset_of(data, frame.cfa - 8), struct.pack("<Q", frame.pc)))
    assert len(crashed_thread(found).frames) < 100


def test_a_table_that_lies_gives_way_to_the_next_means() -> None:
    """Every entry of ``.eh_frame`` damaged: no frame is called certain, and none is made up from the damage."""
    data = small_core()
    main = read(data).modules.main
    assert main is not None
    header = main.segment(PT_GNU_EH_FRAME)
    assert header is not None
    at = offset_of(data, main.load_bias + header.vaddr)
    found = read(patched(data, at + 12, b"\xff" * (header.file_size - 12)))
    own = [frame for thread in found.threads for frame in thread.frames if frame.module == main]
    assert {frame.trust for frame in own} <= {Trust.CONTEXT, Trust.FRAME_POINTER, Trust.SCAN}
    assert crashed_thread(found).tid == crashed_thread(read(data)).tid


@MUTATIONS
@given(st.data())
def test_a_core_with_changed_bytes_is_read_or_refused(data: st.DataObject) -> None:
    core = small_core()
    for _ in range(data.draw(st.integers(1, 8))):
        # Headers, notes and stacks are a small part of the file; most changes go there.
        at = data.draw(st.one_of(st.integers(0, 40_000), st.integers(0, len(core) - 8)))
        core = patched(core, at, data.draw(st.binary(min_size=1, max_size=8)))
    assert_says_what_is_wrong(core)


@MUTATIONS
@given(st.integers(0, 1 << 20))
def test_a_core_cut_anywhere_is_read_or_refused(size: int) -> None:
    assert_says_what_is_wrong(small_core()[:size])


@MUTATIONS
@given(st.data())
def test_tables_with_changed_bytes_end_no_walk_with_an_error(data: st.DataObject) -> None:
    core = small_core()
    main = read(core).modules.main
    assert main is not None
    header = main.segment(PT_GNU_EH_FRAME)
    assert header is not None
    start = offset_of(core, main.load_bias + header.vaddr)
    for _ in range(data.draw(st.integers(1, 200))):
        at = data.draw(st.integers(start, start + 60_000))
        core = patched(core, min(at, len(core) - 1), data.draw(st.binary(min_size=1, max_size=2)))
    assert_says_what_is_wrong(core)


@MUTATIONS
@given(st.data())
def test_a_damaged_program_spoils_no_core(data: st.DataObject) -> None:
    content = build("debug-frame").read_bytes()
    for _ in range(data.draw(st.integers(1, 20))):
        at = data.draw(st.one_of(st.integers(0, 1000), st.integers(0, len(content) - 9)))
        content = patched(content, at, data.draw(st.binary(min_size=1, max_size=8)))

    def damaged(module: Module) -> ElfImage | None:
        return ElfImage(content, module.path) if module.main else files_here(module)

    found = read_core(core("debug-frame", "assert"), damaged)
    assert len(found.threads) == 6
    assert all(thread.frames for thread in found.threads)


def test_a_program_that_cannot_be_read_is_a_problem_and_no_end() -> None:
    def refusing(module: Module) -> ElfImage | None:
        raise ElfError(f"{module.path} is cut", "Copy it again.")

    found = read_core(core("lto", "assert"), refusing)
    assert len(found.threads) == 6
    assert any(problem.message.endswith("server is cut") for problem in found.problems)

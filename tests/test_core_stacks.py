"""Stacks of the native server, compiled and killed in many ways, frame by frame as gdb sees them."""

from itertools import takewhile
from pathlib import Path

import pytest
from core_cases import Names, assert_as_gdb, crashed_thread, pcs, read
from gdb_referee import gdb_stacks
from native_builds import BUILDS, WAYS, build, core, core_by_gdb

from triage.cores.core import read_core
from triage.cores.frames import KEPT_FRAMES, Trust, WalkEnd
from triage.cores.locks import deadlocks
from triage.cores.stack_groups import stack_groups

# Without tables gdb guesses from the instructions, and guesses wrong where the frame pointer is right.
WITH_TABLES = [name for name in BUILDS if name not in ("no-cfi", "musl")]
EVERY_WAY = [way for way in WAYS if way != "corrupted"]
AGAINST_GDB = [
    *((name, way, False) for name in ("plain", "lto") for way in EVERY_WAY),
    *((name, "thread", True) for name in WITH_TABLES),
    *((name, "assert", False) for name in WITH_TABLES if name not in ("plain", "lto")),
    *((name, "callback", True) for name in ("no-pie", "static", "debug-frame")),
    ("lto", "overflow", True),
]


@pytest.mark.parametrize(("name", "way", "handler"), AGAINST_GDB)
def test_every_thread_has_the_frames_that_gdb_sees(name: str, way: str, handler: bool) -> None:
    path = core(name, way, handler=handler)
    threads = read(path).threads
    expected = gdb_stacks(build(name), path)
    assert {thread.tid for thread in threads} == set(expected)
    for thread in threads:
        assert_as_gdb(thread, expected[thread.tid])
        assert thread.walk.end is WalkEnd.OUTERMOST


def test_a_core_that_gdb_wrote_is_read_as_well(tmp_path: Path) -> None:
    """gcore lists no ranges that it does not dump, so the code of libraries is in none."""
    path = core_by_gdb("lto", "thread", tmp_path)
    expected = gdb_stacks(build("lto"), path)
    found = read(path)
    for thread in found.threads:
        assert_as_gdb(thread, expected[thread.tid])
    assert found.crashed is not None
    assert found.crashed.context is not None
    assert found.crashed.context.signal.address == 0x18


@pytest.mark.parametrize("name", ["plain", "lto", "no-pie"])
def test_a_corrupted_stack_is_read_up_to_the_damage(name: str) -> None:
    """gdb goes on with what was written over the return addresses; we do not, and say so."""
    path = core(name, "corrupted")
    found = read(path)
    thread = crashed_thread(found)
    expected = gdb_stacks(build(name), path)[thread.tid]
    sound = [frame.pc for frame in takewhile(lambda frame: frame.pc != 0x4141414141414141, expected)]
    certain = [frame for frame in thread.frames if frame.trust in (Trust.CONTEXT, Trust.CFI)]
    assert pcs(certain)[: len(sound)] == sound
    assert sound
    assert 0x4141414141414141 not in pcs(thread.frames)
    assert len(thread.frames) == len(sound) or thread.frames[len(sound)].trust is Trust.SCAN
    assert thread.walk.end is WalkEnd.DAMAGED or len(thread.frames) > len(sound)


def test_a_deep_stack_keeps_its_two_ends() -> None:
    thread = crashed_thread(read(core("plain", "overflow")))
    names = Names(build("plain"), thread.frames[0].module.load_bias if thread.frames[0].module else 0)
    assert thread.walk.omitted > 10_000
    assert set(names.of(thread.frames[:KEPT_FRAMES])) == {"endlessRecursion"}
    assert names.of(thread.frames[-5:])[:2] == ["die", "main"]


NO_CFI_FRAMES = {
    ("assert", False): "bugReportEnd _serverAssert registerSSLEvent updateSSLState tlsProcessPending die main",
    ("thread", True): "bugReportEnd sigsegvHandler readThroughNull crashingIOThread",
    ("null-call", True): "bugReportEnd sigsegvHandler callThroughNull die main",
    ("callback", False): "readThroughNull compareAndCrash crashInLibraryCallback die main",
}


@pytest.mark.parametrize(("way", "handler"), NO_CFI_FRAMES)
def test_without_tables_frame_pointers_lead_on(way: str, handler: bool) -> None:
    """``readThroughNull`` puts nothing on the stack: the call before its return address shows who called it."""
    found = read(core("no-cfi", way, handler=handler))
    main = found.modules.main
    assert main is not None
    own = [frame for frame in crashed_thread(found).frames if frame.module is main]
    names = Names(build("no-cfi"), main.load_bias).of(own)
    assert [name for name in names if name != "_start"] == NO_CFI_FRAMES[way, handler].split()
    assert {frame.trust for frame in own} >= {Trust.FRAME_POINTER}


def test_musl_has_no_tables_and_the_servers_frames_are_found_all_the_same() -> None:
    """gdb ends at the trampoline there; the return address in ``kill`` is found by its looks."""
    found = read(core("musl", "thread", handler=True))
    thread = crashed_thread(found)
    own = [frame for frame in thread.frames if frame.module is found.modules.main]
    names = Names(build("musl"), own[0].module.load_bias if own[0].module else 0).of(own)
    assert names == ["bugReportEnd", "sigsegvHandler", "readThroughNull", "crashingIOThread"]
    assert own[0].trust is Trust.SCAN
    assert [frame.trust for frame in own[1:]] == [Trust.CFI, Trust.CONTEXT, Trust.CFI]


@pytest.mark.parametrize("name", ["plain", "lto", "no-pie", "stripped"])
def test_the_thread_with_the_signal_frame_crashed_not_the_first(name: str) -> None:
    found = read(core(name, "thread", handler=True))
    assert found.crashed is not None
    context = found.crashed.context
    assert context is not None
    assert found.process is not None
    assert found.crashed.tid != found.process.pid
    assert (context.signal.number, context.signal.code, context.signal.address) == (11, 1, 0x18)
    assert found.signal is not None
    assert (found.signal.number, found.signal.code, found.signal.sender_pid) == (11, 0, found.process.pid)
    thread = crashed_thread(found)
    assert context.frame is not None
    interrupted, trampoline = thread.frames[context.frame], thread.frames[context.frame - 1]
    assert (interrupted.trust, interrupted.return_address) == (Trust.CONTEXT, False)
    assert (trampoline.trampoline, trampoline.return_address) == (True, False)
    assert interrupted.registers == context.registers


def test_a_jump_to_nowhere_shows_where_the_call_was() -> None:
    found = read(core("plain", "null-call"))
    first, second = crashed_thread(found).frames[:2]
    assert (first.pc, first.module, second.trust, second.return_address) == (0, None, Trust.SCAN, True)
    assert found.signal is not None
    assert (found.signal.number, found.signal.address) == (11, 0)


def test_locks_are_seen_from_the_system_call() -> None:
    found = read(core("lto", "assert"))
    assert found.process is not None
    kinds = sorted((thread.wait.kind, thread.wait.owner or 0) for thread in found.threads if thread.wait)
    assert kinds == [("futex", 0)] * 3 + [("mutex", found.process.pid)] * 2
    assert deadlocks([(thread.tid, thread.wait) for thread in found.threads]) == ()


def test_threads_with_equal_stacks_are_one_group() -> None:
    groups = stack_groups(read(core("lto", "assert")).threads)
    assert sorted(len(group.threads) for group in groups) == [1, 2, 3]


def test_without_any_file_the_signal_frame_is_still_found() -> None:
    path = core("lto", "thread", handler=True)
    alone, with_files = read_core(path).crashed, read(path).crashed
    assert alone is not None
    assert with_files is not None
    assert alone.context is not None
    assert with_files.context is not None
    assert alone.tid == with_files.tid
    assert (alone.context.signal, alone.context.registers) == (
        with_files.context.signal,
        with_files.context.registers,
    )

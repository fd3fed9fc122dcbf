"""Cores of arm64: true registers and stacks from qemu. nm is the judge, as gdb-multiarch loops on the trampoline."""

import struct
from pathlib import Path

import pytest
from core_cases import Names, crashed_thread, pcs, read
from native_arm import arm_build, arm_core

from triage.cores.frames import Trust, WalkEnd

START = "main __libc_start_call_main __libc_start_main_impl _start"
THREAD = "start_thread thread_start"
STACKS = {
    ("assert", False): f"abort bugReportEnd _serverAssert updateSSLState tlsProcessPending die {START}",
    ("panic", False): f"abort bugReportEnd _serverPanic panicWithVariableFrame die {START}",
    ("thread", True): f"bugReportEnd sigsegvHandler readThroughNull crashingIOThread {THREAD}",
    ("callback", True): "bugReportEnd sigsegvHandler readThroughNull compareAndCrash msort_with_tmp.part.0 "
    f"msort_with_tmp.part.0 qsort_r crashInLibraryCallback die {START}",
    ("null-call", True): f"bugReportEnd sigsegvHandler callThroughNull.constprop.0 die {START}",
}
IDLE = [
    *[f"__futex_abstimed_wait_cancelable64 pthread_cond_wait bioProcessBackgroundJobs {THREAD}"] * 3,
    *[f"__lll_lock_wait pthread_mutex_lock waitForMutex IOThreadMain {THREAD}"] * 2,
]


@pytest.mark.parametrize(("way", "handler"), STACKS)
def test_the_stack_of_the_crash_is_whole(way: str, handler: bool) -> None:
    found = read(arm_core(way, handler=handler))
    thread = crashed_thread(found)
    in_functions = [frame for frame in thread.frames if frame.module and not frame.trampoline]
    names = Names(arm_build(), nm="aarch64-linux-gnu-nm").of(in_functions)
    wanted = STACKS[way, handler].split()
    assert names[names.index(wanted[0]) :] == wanted
    assert thread.walk.end is WalkEnd.OUTERMOST
    assert found.machine.name == "aarch64"
    assert found.problems == ()


def test_the_other_threads_are_whole_and_show_their_locks() -> None:
    found = read(arm_core("assert"))
    assert found.process is not None
    names = Names(arm_build(), nm="aarch64-linux-gnu-nm")
    others = [thread for thread in found.threads if thread.tid != found.process.pid]
    assert sorted(" ".join(names.of(thread.frames)) for thread in others) == sorted(IDLE)
    kinds = sorted((thread.wait.kind, thread.wait.owner or 0) for thread in others if thread.wait)
    assert kinds == [("futex", 0)] * 3 + [("mutex", found.process.pid)] * 2


def test_the_signal_frame_tells_the_fault() -> None:
    found = read(arm_core("thread", handler=True))
    assert found.crashed is not None
    context = found.crashed.context
    assert context is not None
    assert context.frame is not None
    assert (context.signal.number, context.signal.code, context.signal.address) == (11, 1, 0x18)
    thread = crashed_thread(found)
    interrupted = thread.frames[context.frame]
    assert (interrupted.trust, interrupted.return_address) == (Trust.CONTEXT, False)
    assert thread.frames[context.frame - 1].trampoline


def test_the_stack_that_overflowed_is_followed_to_main() -> None:
    thread = crashed_thread(read(arm_core("overflow")))
    names = Names(arm_build(), nm="aarch64-linux-gnu-nm")
    assert thread.walk.omitted > 10_000
    assert names.of(thread.frames[-5:]) == ["die", *START.split()]


def test_signed_return_addresses_are_taken_for_what_they_are(tmp_path: Path) -> None:
    """Programs built with -mbranch-protection sign them in the upper bits; the core's note says which bits."""
    plain = read(arm_core("assert"))
    data = bytearray(arm_core("assert").read_bytes())
    stack = plain.memory.dumped.segment_at(plain.threads[0].registers[plain.machine.sp])
    assert stack is not None
    kept = data[stack.offset : stack.offset + stack.file_size]
    for frame in crashed_thread(plain).frames[1:]:
        kept = kept.replace(struct.pack("<Q", frame.pc), struct.pack("<Q", frame.pc | 0x0025_0000_0000_0000))
    data[stack.offset : stack.offset + stack.file_size] = kept
    path = tmp_path / "core"
    path.write_bytes(data)
    assert data != arm_core("assert").read_bytes()
    assert pcs(crashed_thread(read(path)).frames) == pcs(crashed_thread(plain).frames)

"""A core as an incident: what failed, where, in which thread, and what is missing to say more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from triage.cases.core_stacks import CoreFiles, Level, as_thread
from triage.cases.failed_call import DEPTH, FailedCall, failed_call
from triage.cases.lock_waits import lock_waits
from triage.cases.release import Release
from triage.cores import Core, CoreFrame, CoreThread
from triage.cores.frames import SignalContext
from triage.cores.machine import Registers
from triage.cores.memory_map import memory_map
from triage.logs.signals import code_name, signal_name
from triage.model import (
    CodeDump,
    Evidence,
    FailedThread,
    Hex,
    Incident,
    Kind,
    MemoryUse,
    Missing,
    Server,
    Signal,
    Thread,
)
from triage.records import dataclass
from triage.symbols.resolver import Resolver

ARCHITECTURES = {"x86-64": "x86_64", "aarch64": "aarch64"}
"""What the machine is called in INFO's ``os``."""

_REPORTS = frozenset((
    "printCrashReport", "doFastMemoryTest", "memtest_test_linux_anonymous_maps", "memtest_preserving_test",
    "killThreads", "killIOThreads",
))  # fmt: skip
"""Functions of the thread that writes the report (debug.c): its memory test may make another thread crash too."""
_OUT_OF_MEMORY = frozenset(("serverOutOfMemoryHandler", "redisOutOfMemoryHandler"))
_STATE = "With it the server's own state (settings, clients, connections, queues) is read from the core, too."
_SIGABRT = 6
_CODE_BEFORE, _CODE_AFTER = 16 << 10, 256


@dataclass(frozen=True, slots=True)
class DeadProcess:
    """A core with its stacks named. ``failed`` is the thread that failed, ``call`` the assertion or panic in it."""

    core: Core
    stacks: Mapping[int, Sequence[Level]]
    failed: CoreThread | None
    call: FailedCall | None

    @property
    def levels(self) -> Sequence[Level]:
        """The stack of the thread that failed."""
        return self.stacks.get(self.failed.tid, ()) if self.failed else ()

    @property
    def failing_frames(self) -> Sequence[CoreFrame]:
        """The frames of the thread that failed, from where it failed on: without those of the crash handler."""
        if self.failed is None:
            return ()
        begin = self.context.frame if self.context and self.context.frame is not None else 0
        if self.call is not None:
            begin = self.failed.frames.index(self.levels[self.call.at].physical)
        return self.failed.frames[begin:]

    @property
    def context(self) -> SignalContext | None:
        """What the fatal signal interrupted in the thread that failed."""
        return self.failed.fatal_context if self.failed else None


def dead_process(core: Core, files: CoreFiles, resolver: Resolver, blamed: int | None = None) -> DeadProcess:
    """Name the stacks of a core and find the thread that failed: ``blamed`` if the log says which."""
    stacks = {thread.tid: files.stack(thread) for thread in core.threads}
    calls = {thread.tid: failed_call(core, stacks[thread.tid], resolver) for thread in core.threads}
    failed = core.thread(blamed) if blamed is not None else None
    failed = failed or _failed(core, stacks, calls)
    call = calls.get(failed.tid) if failed else None
    return DeadProcess(core, stacks, failed, None if call and _in_handler(call, failed, stacks) else call)


def _failed(
    core: Core, stacks: Mapping[int, Sequence[Level]], calls: Mapping[int, FailedCall | None]
) -> CoreThread | None:
    """The thread that was writing the report, else one with an assertion, else what the signal frames say."""
    writing = [t for t in core.threads if any(level.function in _REPORTS for level in stacks[t.tid][: 2 * DEPTH])]
    asserted = [thread for thread in core.threads if calls[thread.tid] is not None]
    told = core.thread(core.crashed.tid) if core.crashed else None
    return next(iter((*writing, *asserted)), told)


def _in_handler(call: FailedCall, thread: CoreThread | None, stacks: Mapping[int, Sequence[Level]]) -> bool:
    """Whether the assertion failed while the report of a signal was written: then the signal came first."""
    context = thread.fatal_context if thread else None
    if thread is None or context is None or context.frame is None:
        return False
    interrupted = thread.frames[context.frame] if context.frame < len(thread.frames) else None
    levels = stacks[thread.tid]
    begin = next((at for at, level in enumerate(levels) if level.physical is interrupted), 0)
    return call.at < begin


def as_incident(dead: DeadProcess, files: CoreFiles) -> Incident:
    """What the core alone says."""
    core, failed = dead.core, dead.failed
    signal = _signal(dead)
    site = dead.call.site if dead.call else None
    kind = _kind(dead)
    return Incident(
        kind=kind,
        pid=core.process.pid if core.process else None,
        server=server_of(core, files.release(core)),
        signal=signal,
        site=site,
        message=dead.call.text if dead.call and kind is not Kind.ASSERTION else None,
        thread=FailedThread(failed.tid, failed.name) if failed else None,
        threads=threads_of(dead),
        registers=named_registers(core, _failing_registers(dead)),
        evidence=_evidence(dead),
        missing=tuple(dict.fromkeys(_missing(dead, files))),
        input=core.name,
        code_dump=_code(dead),
        memory_map=tuple(MemoryUse(use.kind.value, use.ranges, use.mapped, use.dumped) for use in memory_map(core)),
        findings=(waits,) if (waits := lock_waits(core)) is not None else (),
    )


def _kind(dead: DeadProcess) -> Kind:
    if any(level.function in _OUT_OF_MEMORY for level in dead.levels[:DEPTH]):
        return Kind.OUT_OF_MEMORY
    if dead.call is None:
        return Kind.SIGNAL
    return Kind.ASSERTION if dead.call.kind == "assertion" else Kind.PANIC


def _signal(dead: DeadProcess) -> Signal | None:
    """The first fatal signal; what the kernel notes in the core is the handler's own, raised a second time."""
    found = dead.context.signal if dead.context else dead.core.signal
    if found is None:
        return None
    if found.stopped:
        return Signal(found.number, signal_name(found.number))
    own = dead.core.process.pid if dead.core.process else None
    if dead.context is None and found.number != _SIGABRT and found.sender_pid == own:
        # Raised again by a handler whose frames are gone: who sent it and why says nothing of the first time.
        return Signal(found.number, signal_name(found.number))
    code = found.code
    named = replace(found, name=signal_name(found.number))
    return named if code is None else replace(named, code_name=code_name(found.number, code))


def _failing_registers(dead: DeadProcess) -> Registers:
    if dead.context is not None:
        return dead.context.registers
    return dead.failed.registers if dead.failed else {}


def named_registers(core: Core, registers: Registers) -> Mapping[str, Hex] | None:
    """Registers by the names that reports use: upper case."""
    names = core.machine.names
    return {names[number].upper(): Hex(value) for number, value in registers.items() if number in names} or None


def threads_of(dead: DeadProcess) -> tuple[Thread, ...]:
    """The threads, the failed one first."""
    threads = sorted(dead.core.threads, key=lambda thread: thread is not dead.failed)
    return tuple(as_thread(thread, dead.stacks[thread.tid], crashed=thread is dead.failed) for thread in threads)


def server_of(core: Core, release: Release | None) -> Server:
    """The server as its core and program know it: product, version, the processor, the build (of the ELF file)."""
    main = core.modules.main
    name = PurePosixPath(main.path).name if main else core.process.name if core.process else ""
    product = next((product for product in ("valkey", "redis", "keydb") if name.startswith(product)), None)
    return Server(
        product=(release.product if release else None) or product,
        version=release.version if release else None,
        build_id=main.build_id if main else None,
        arch=ARCHITECTURES.get(core.machine.name),
    )


def _evidence(dead: DeadProcess) -> tuple[Evidence, ...]:
    """Where in the core it stands: the signal frame, or the stack of the thread that failed."""
    core, failed = dead.core, dead.failed
    if failed is None:
        return ()
    stack = failed.registers.get(core.machine.sp, 0)
    at, text = (dead.context.address, "signal frame") if dead.context else (stack, "stack")
    offset = core_offset(core, at)
    if offset is None:
        return ()
    said = f"{text} of thread {failed.tid} at {at:#x}"
    if dead.call is not None:
        called = dead.levels[dead.call.at]
        said += f"; {dead.call.kind} called from {called.function or hex(called.address)}"
    return (Evidence(core.name, said, offset=offset),)


def core_offset(core: Core, address: int) -> Hex | None:
    """Where in the core file the byte at ``address`` stands; ``None`` if it was not dumped."""
    offset = core.memory.dumped.offset_of(address)
    return None if offset is None else Hex(offset)


def _missing(dead: DeadProcess, files: CoreFiles) -> list[Missing]:
    frames = [frame for thread in dead.core.threads for frame in thread.frames]
    main = dead.core.modules.main
    image = files.image_of(main) if main is not None else None
    wanted = list(files.missing(dead.core, frames))
    if image is None or files.has_debug_file(image):
        return wanted
    # The program's own debug file comes first.
    return [replace(wanted[0], why=f"{wanted[0].why} {_STATE}"), *wanted[1:]] if wanted else []


def _code(dead: DeadProcess) -> CodeDump | None:
    """The code around the instruction that failed, from the begin of its function on, where that is known."""
    context = dead.context
    if context is None or context.frame is None or dead.failed is None:
        return None
    interrupted = dead.failed.frames[context.frame] if context.frame < len(dead.failed.frames) else None
    level = next((level for level in dead.levels if level.physical is interrupted), None)
    if level is None or level.source is None or level.source.entry is None:
        return None
    pc, begin = level.physical.pc, level.source.entry + level.bias
    if not 0 <= pc - begin <= _CODE_BEFORE:
        return None
    raw = dead.core.memory.read(begin, pc - begin + _CODE_AFTER) or dead.core.memory.read(begin, pc - begin + 1)
    return CodeDump(Hex(begin), raw, level.function) if raw else None

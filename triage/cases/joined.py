"""One incident of a log and the core of the same death: the log's word first, the core's where the log is silent.

The report's stacks stay as they were printed. The thread that the core calls failed counts only if the log names
none: by default the memory test ends other threads before the core is written, and may crash in one of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace

from triage.cases.core_stacks import CoreFiles
from triage.cases.dead_process import DeadProcess, as_incident
from triage.cases.release import Release
from triage.cases.same_death import Likeness
from triage.machine.register_file import RegisterFile
from triage.model import FailedThread, Finding, Hex, Incident, Kind, Outcome, Server, Thread
from triage.symbols.elf_image import ElfImage
from triage.symbols.log_frames import told_frames
from triage.symbols.resolver import Resolver

FINDING, TITLE = "core-and-log", "What the log and the core say of each other"


def join(incident: Incident, dead: DeadProcess, files: CoreFiles, resolver: Resolver, like: Likeness) -> Incident:
    """The incident of a log with what its core adds, and a finding about where the two differ."""
    told = as_incident(dead, files)
    reported = incident.kind is not Kind.VANISHED
    named = _named(incident.threads or (), dead, files, resolver, incident.registers or {})
    joined = replace(
        incident,
        kind=incident.kind if reported else told.kind,
        pid=incident.pid if incident.pid is not None else told.pid,
        server=server_by_both(incident.server, told.server),
        signal=incident.signal or told.signal,
        site=incident.site or (told.site if told.kind is incident.kind or not reported else None),
        message=incident.message or told.message,
        threads=_threads(named, told.threads or ()),
        registers=incident.registers or told.registers,
        code_dump=incident.code_dump or told.code_dump,
        evidence=(*incident.evidence, *told.evidence),
        missing=(*told.missing, *incident.missing),
        memory_map=told.memory_map,
        findings=(compared(incident, dead, told, like, files.release(dead.core)), *told.findings),
    )
    return replace(joined, thread=_failed_thread(incident, joined.threads or ()))


def server_by_both(log: Server, core: Server) -> Server:
    """The server as its log knows it, with what only the core knows."""
    return replace(log, **{at.name: getattr(core, at.name) for at in fields(log) if getattr(log, at.name) is None})


def _named(
    threads: Sequence[Thread],
    dead: DeadProcess,
    files: CoreFiles,
    resolver: Resolver,
    registers: Mapping[str, Hex],
) -> tuple[Thread, ...]:
    """The log's stacks with names, files and lines: the core says where each of their addresses was loaded from."""
    loaded: dict[int, tuple[ElfImage, int]] = {}
    for frame in (frame for thread in threads for frame in thread.frames):
        module = dead.core.modules.at(frame.address) if frame.address is not None else None
        image = files.image_of(module) if module else None
        if frame.address is not None and module is not None and image is not None:
            loaded[frame.address] = (image, module.load_bias)
    bare = [thread for thread in threads if not any(frame.file for frame in thread.frames)]
    running_at = RegisterFile(registers).program_counter
    named = told_frames(bare, loaded, resolver, None if running_at is None else Hex(running_at))
    found = iter(named)
    return tuple(next(found) if thread in bare else thread for thread in threads)


def _threads(log: Sequence[Thread], core: Sequence[Thread]) -> tuple[Thread, ...]:
    """The log's threads with the core's view of the same ones beside, then those that only the core has."""
    by_tid = {thread.tid: thread for thread in core}
    listed = {thread.tid for thread in log}
    if log and not any(thread.tid for thread in log):
        # Reports up to 7.2 hold one stack, without a thread id: it is the failing thread's.
        failed = next((thread for thread in core if thread.crashed), None)
        listed |= {failed.tid} if failed else set()
        by_tid = {None: failed} if failed else {}
    both = [_both(thread, by_tid.get(thread.tid)) for thread in log]
    failed_known = any(thread.crashed for thread in log) or len(log) == 1
    others = (thread for thread in core if thread.tid not in listed)
    return (*both, *(replace(t, crashed=None) if failed_known else t for t in others))


def _both(log: Thread, core: Thread | None) -> Thread:
    if core is None:
        return log
    tid = log.tid if log.tid is not None else core.tid
    known = replace(log, tid=tid, name=log.name or core.name, wait=core.wait)
    return replace(known, core_frames=core.frames) if log.frames else replace(known, frames=core.frames)


def _failed_thread(incident: Incident, threads: Sequence[Thread]) -> FailedThread | None:
    if incident.thread is not None and incident.thread.tid is not None:
        return incident.thread
    failed = next((thread for thread in threads if thread.crashed), None)
    return FailedThread(failed.tid, failed.name) if failed else incident.thread


def compared(
    incident: Incident, dead: DeadProcess, told: Incident, like: Likeness, release: Release | None
) -> Finding:
    """What agrees and what does not, between a log's incident and its core (and the core's program)."""
    build = (incident.server.build_id, release.build_id) if release and incident.server.build_id else None
    differences = list(_differences(incident, dead, told, like))
    agreed = list(_agreements(like, incident, told))
    if build and build[0] == build[1]:
        agreed.append("build")
    elif build:
        differences.append(f"The log's server has build id {build[0]}, the core's program {build[1]}: another build.")
    shared = {thread.tid for thread in incident.threads or ()} & set(dead.stacks)
    data = {
        "core": dead.core.name,
        "agree": agreed,
        "differ": differences,
        "threads_in_log": len(incident.threads or ()),
        "threads_in_core": len(dead.core.threads),
        "threads_in_both": len(shared),
    }
    text = f"{dead.core.name} is the core of this failure: {', '.join(agreed)} agree."
    if differences:
        text += " " + " ".join(differences)
    outcome = Outcome.NEUTRAL if differences else Outcome.SUPPORTS
    strength = 0.0 if differences else 0.9
    return Finding(FINDING, TITLE, outcome, strength, text, data, (*incident.evidence[:1], *told.evidence))


def apart(told: Incident, incidents: Sequence[Incident]) -> Finding:
    """Why a core among logs is an incident of its own."""
    pids = sorted({incident.pid for incident in incidents if incident.pid is not None})
    text = f"{told.input} is not the core of any failure in the log: "
    if told.pid is not None and pids and told.pid not in pids:
        text += f"it is of process {told.pid}, the log tells of {', '.join(map(str, pids[:5]))}."
    else:
        text += "the code addresses in the log, or its time, are those of another process."
    data = {"core": told.input, "pid": told.pid, "pids_in_log": pids}
    return Finding(FINDING, TITLE, Outcome.CONTRADICTS, 1.0, text, data, told.evidence)


def _agreements(like: Likeness, incident: Incident, told: Incident) -> Iterator[str]:
    if like.pid:
        yield "process id"
    if like.addresses:
        yield "code addresses"
    if like.tid:
        yield "the failing thread's id"
    if like.time:
        yield "time"
    if incident.signal and told.signal and incident.signal.number == told.signal.number:
        yield "signal"


def _differences(incident: Incident, dead: DeadProcess, told: Incident, like: Likeness) -> Iterator[str]:
    if like.pid is False:
        yield f"The log has pid {incident.pid}, the core {told.pid}: another pid namespace, as in a container."
    log, core = incident.signal, told.signal
    if log and core and log.number != core.number:
        yield f"The log names {log.name or log.number}, the core {core.name or core.number}: the log's came first."
    failed = dead.core.crashed.tid if dead.core.crashed else None
    blamed = incident.thread.tid if incident.thread else None
    if blamed is not None and failed is not None and blamed != failed:
        yield f"By the core alone thread {failed} would be the one that failed; the log says {blamed}, which counts."
    if blamed is not None and dead.core.thread(blamed) is None:
        yield f"The failing thread {blamed} is not in the core."
    if incident.kind is not Kind.VANISHED and told.kind is not incident.kind and told.kind is not Kind.SIGNAL:
        yield f"The core's stack tells of {told.kind}, the log of {incident.kind}."

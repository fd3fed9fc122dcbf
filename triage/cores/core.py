"""A core, read: the process, its signal, its modules and memory, and all threads with their stacks."""

import os

from triage.cores.caller_by_cfi import CfiCaller
from triage.cores.cfi_tables import CfiTables
from triage.cores.crashed_thread import Crashed, crashed_thread
from triage.cores.elf_core import ElfCore
from triage.cores.errors import CoreError
from triage.cores.images import ImageFinder, ModuleFiles, no_images
from triage.cores.locks import wait_of
from triage.cores.machine import MACHINES, Machine
from triage.cores.memory import DumpedMemory, Memory
from triage.cores.modules import Modules, find_modules
from triage.cores.notes import MappedFile, Notes, Process, read_notes
from triage.cores.threads import CoreThread
from triage.cores.walk import Walker
from triage.model import Problem
from triage.model.crash import Signal
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class Core:
    """What a core states. ``memory`` reads it further, for as long as the object lives.

    ``signal`` is what the kernel noted last: after a handler that raised it again it names the server itself as the
    sender, and ``crashed.context`` has the truth. ``problems`` are damages that the rest was read in spite of.
    """

    name: str
    machine: Machine
    process: Process | None
    signal: Signal | None
    threads: tuple[CoreThread, ...]
    crashed: Crashed | None
    modules: Modules
    files: tuple[MappedFile, ...]
    memory: Memory
    problems: tuple[Problem, ...]

    def thread(self, tid: int) -> CoreThread | None:
        """The thread with that id."""
        return next((thread for thread in self.threads if thread.tid == tid), None)


def read_core(path: str | os.PathLike[str], images: ImageFinder = no_images) -> Core:
    """Read the core at ``path``; ``images`` gives the files of its modules, without which stacks are guesswork.

    Takes time by the number of threads and frames, not by the size of the core. Raises ``CoreError``.
    """
    return read_mapped(ElfCore.open(path), images)


def read_mapped(elf: ElfCore, images: ImageFinder = no_images) -> Core:
    """Read a core that is in memory already. Raises ``CoreError``."""
    machine = MACHINES.get(elf.machine)
    if machine is None:
        raise CoreError(
            f"{elf.name} is the core of an unknown processor (ELF machine {elf.machine})",
            "x86-64 and arm64 are read; use gdb-multiarch for others.",
        )
    notes = read_notes(elf.notes(), machine)
    if not notes.threads:
        raise CoreError(f"{elf.name} holds no threads: its notes are missing", "Copy the core again, as a whole.")
    dumped = DumpedMemory(elf)
    modules = find_modules(notes.auxiliary, notes.files, dumped)
    files = ModuleFiles(modules, images)
    memory = Memory(dumped, notes.files, files.content_of)
    tables = CfiTables(modules, memory, files.image_of)
    walker = Walker(machine, modules, memory, CfiCaller(machine, memory, tables, notes.code_mask))
    threads = _threads(notes, machine, memory, walker)
    return Core(
        name=elf.name,
        machine=machine,
        process=notes.process,
        signal=notes.signal,
        threads=threads,
        crashed=crashed_thread(threads),
        modules=modules,
        files=tuple(notes.files),
        memory=memory,
        problems=(*elf.problems, *notes.problems, *files.problems, *tables.problems),
    )


def _threads(notes: Notes, machine: Machine, memory: Memory, walker: Walker) -> tuple[CoreThread, ...]:
    tids = frozenset(thread.tid for thread in notes.threads)
    main = notes.process.pid if notes.process else None
    return tuple(
        CoreThread(
            tid=thread.tid,
            # The kernel writes the name of the process only, which is its main thread's.
            name=notes.process.name if notes.process and thread.tid == main else None,
            registers=thread.registers,
            walk=walker.walk(thread.registers),
            wait=wait_of(thread, tids, machine, memory),
        )
        for thread in notes.threads
    )

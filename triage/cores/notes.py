"""What the notes of a core state: the process, its signal, its threads' registers, its mapped files.

Layouts: Linux ``struct elf_prstatus``, ``elf_prpsinfo`` and ``siginfo_t`` (64-bit), and ``fill_files_note()`` in
fs/binfmt_elf.c.
"""

import struct
from collections.abc import Iterable
from dataclasses import field

from triage.cores.elf_core import Note
from triage.cores.machine import WORD, Machine, Registers
from triage.model import Problem
from triage.model.crash import Signal
from triage.model.hexadecimal import Hex
from triage.records import dataclass

AT_PHDR, AT_BASE, AT_ENTRY, AT_SYSINFO_EHDR = 3, 7, 9, 33
MOST_THREADS = 20_000
MOST_MAPPINGS = 1 << 18

_NT_PRSTATUS, _NT_PRPSINFO, _NT_AUXV, _NT_FILE, _NT_SIGINFO = 1, 3, 6, 0x46494C45, 0x53494749
_NT_ARM_PAC_MASK = 0x406
_STATUS_SIGNAL_AT, _STATUS_TID_AT, _STATUS_REGISTERS_AT = 12, 32, 112
_PROCESS = struct.Struct("<24xii8x16s80s")
_SIGINFO = struct.Struct("<iii4x")
_SENDER = struct.Struct("<iI")
_PAIR = struct.Struct("<QQ")
_FILE = struct.Struct("<QQQ")
_NO_FILES = "Emulators leave that out (NT_FILE): take the core on the machine itself, or with gcore."
_DELETED = " (deleted)"
_FAULTS = frozenset((4, 5, 7, 8, 11))
"""Signals whose siginfo has an address, if an instruction raised them: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV."""


@dataclass(frozen=True, slots=True)
class MappedFile:
    """A range of memory, ``start`` to ``end``, that maps the file at ``path`` from the byte ``offset`` on.

    ``deleted``: the file had no name any more when the process died, say after an upgrade of the package.
    """

    start: int
    end: int
    offset: int
    path: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class DumpedThread:
    """A thread as its NT_PRSTATUS has it. ``in_call`` is the number and first two arguments of a system call."""

    tid: int
    registers: Registers
    in_call: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Process:
    """The process. ``name`` and ``arguments`` as the kernel had them: at most 15 and 79 bytes, untrusted text."""

    pid: int
    parent_pid: int
    name: str
    arguments: str


@dataclass(slots=True)
class Notes:
    """All notes that are understood. ``code_mask`` takes the authentication code (arm64 PAC) off a code address."""

    process: Process | None = None
    signal: Signal | None = None
    threads: list[DumpedThread] = field(default_factory=list)
    auxiliary: dict[int, int] = field(default_factory=dict)
    files: list[MappedFile] = field(default_factory=list)
    code_mask: int = (1 << 64) - 1
    problems: list[Problem] = field(default_factory=list)


def read_notes(notes: Iterable[Note], machine: Machine) -> Notes:
    """Read what is understood of ``notes``; a note that is too short for its type is reported as a problem."""
    reader = _Reader(machine)
    for note in notes:
        try:
            reader.take(note)
        except (struct.error, ValueError) as error:
            reader.found.problems.append(Problem(f"a note of type {note.type:#x} is damaged: {error}"))
    found = reader.found
    if not found.files:
        found.problems.append(Problem("the core does not say which files were mapped", _NO_FILES))
    if reader.left_out:
        found.problems.append(Problem(f"the core has {reader.left_out + MOST_THREADS} threads: the first were read"))
    found.files.sort(key=lambda file: file.start)
    return found


def read_signal(content: bytes | memoryview) -> Signal:
    """The signal of a ``siginfo_t``. Raises ``struct.error`` if it is cut. Names are left to the caller."""
    number, _, code = _SIGINFO.unpack_from(content)
    if code > 0 and number in _FAULTS:
        return Signal(number, code=code, address=Hex(int.from_bytes(content[16:24], "little")))
    sender_pid, sender_uid = _SENDER.unpack_from(content, _SIGINFO.size)
    return Signal(number, code=code, sender_pid=sender_pid, sender_uid=sender_uid)


class _Reader:
    """Takes one note after the other. ``left_out`` counts the threads beyond ``MOST_THREADS``."""

    def __init__(self, machine: Machine) -> None:
        self.found = Notes()
        self.left_out = 0
        self._machine = machine
        self._readers = {
            _NT_PRSTATUS: self._thread,
            _NT_PRPSINFO: self._process,
            _NT_SIGINFO: self._signal,
            _NT_AUXV: self._auxiliary,
            _NT_FILE: self._files,
            _NT_ARM_PAC_MASK: self._pac_mask,
        }

    def take(self, note: Note) -> None:
        """Raises ``struct.error`` or ``ValueError`` for a damaged one."""
        reader = self._readers.get(note.type)
        if reader is not None and note.owner in (b"CORE", b"LINUX"):
            reader(note.content)

    def _thread(self, content: memoryview) -> None:
        found, machine = self.found, self._machine
        if len(found.threads) >= MOST_THREADS:
            self.left_out += 1
            return
        values = struct.unpack_from(f"<{len(machine.dumped)}Q", content, _STATUS_REGISTERS_AT)
        number, tid = _number(content, _STATUS_SIGNAL_AT, 2), _number(content, _STATUS_TID_AT, 4)
        if found.signal is None and number:
            # NT_SIGINFO, which says more, comes after the first thread, if it comes at all.
            found.signal = Signal(number)
        registers = {name: value for name, value in zip(machine.dumped, values, strict=True) if name is not None}
        first, second = machine.arguments
        in_call = (values[machine.system_call], values[first], values[second])
        found.threads.append(DumpedThread(tid, registers, in_call))

    def _process(self, content: memoryview) -> None:
        pid, parent, name, arguments = _PROCESS.unpack_from(content)
        self.found.process = Process(pid, parent, _text(name), _text(arguments).rstrip())

    def _signal(self, content: memoryview) -> None:
        self.found.signal = read_signal(content)

    def _auxiliary(self, content: memoryview) -> None:
        self.found.auxiliary = dict(_PAIR.iter_unpack(content[: len(content) // _PAIR.size * _PAIR.size]))

    def _files(self, content: memoryview) -> None:
        count, page = _PAIR.unpack_from(content)
        if count > min(MOST_MAPPINGS, len(content) // _FILE.size):
            raise ValueError(f"{count} mapped files in {len(content)} bytes")
        paths_at = _PAIR.size + count * _FILE.size
        paths = bytes(content[paths_at:]).split(b"\0")
        rows = _FILE.iter_unpack(content[_PAIR.size : paths_at])
        self.found.files = [_file(row, page, path) for row, path in zip(rows, paths, strict=False)]

    def _pac_mask(self, content: memoryview) -> None:
        _, instructions = _PAIR.unpack_from(content)
        self.found.code_mask = ~instructions & (1 << WORD * 8) - 1


def _file(row: tuple[int, int, int], page: int, raw: bytes) -> MappedFile:
    start, end, pages = row
    path = raw.decode("utf-8", "backslashreplace")
    return MappedFile(start, end, pages * page, path.removesuffix(_DELETED), path.endswith(_DELETED))


def _number(content: memoryview, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], "little")


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("utf-8", "backslashreplace")

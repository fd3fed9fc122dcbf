"""Stacks as the reports show them: the failing thread with its frames' roles, the others grouped by equal stacks."""

from triage.model import Frame, Incident, SignedFrame, Thread
from triage.records import dataclass

MOST_CHARACTERS = 1000
"""Of a function or file; longer ones come from damaged input."""


@dataclass(frozen=True, slots=True)
class StackRow:
    """One frame for people. ``place`` is function and offset, ``binary`` the module's file name.

    ``origin`` says where a frame comes from and how it was found, unless the log prints it.
    """

    index: int
    place: str
    binary: str
    address: str
    source: str
    role: str
    why: str
    inlined: bool = False
    tail_call: bool = False
    origin: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """Threads that stand at the same place, and where that is; ``left_out`` outer frames are not among ``rows``."""

    names: tuple[str, ...]
    rows: tuple[StackRow, ...]
    left_out: int
    named: bool = True


def failing_stack(incident: Incident, frames: int) -> Stack | None:
    """The ``frames`` innermost frames of the thread that failed, with what the signature says of each."""
    thread = _failed(incident)
    if thread is None or not thread.frames:
        return None
    marks: list[SignedFrame | None] = list(incident.signature.frames)
    if len(marks) != len(thread.frames):
        marks = [None] * len(thread.frames)
    rows = tuple(map(_row, thread.frames[:frames], marks[:frames]))
    known = thread.name is not None or thread.tid is not None
    return Stack((thread_name(thread),), rows, max(len(thread.frames) - frames, 0), known)


def _failed(incident: Incident) -> Thread | None:
    """The marked thread; an only thread needs no mark."""
    threads = incident.threads or ()
    return threads[0] if len(threads) == 1 else next((thread for thread in threads if thread.crashed), None)


def other_stacks(incident: Incident, frames: int) -> list[Stack]:
    """The other threads' stacks, ``frames`` deep; equal ones stand once, with all their threads."""
    groups: dict[tuple[object, ...], list[Thread]] = {}
    failed = _failed(incident)
    for thread in incident.threads or ():
        if thread is not failed:
            groups.setdefault(tuple(_identity(frame) for frame in thread.frames), []).append(thread)
    return [_stack_of(group, frames) for group in groups.values()]


def _stack_of(threads: list[Thread], frames: int) -> Stack:
    stack = threads[0].frames
    rows = tuple(_row(frame, None) for frame in stack[:frames])
    return Stack(tuple(map(thread_name, threads)), rows, max(len(stack) - frames, 0))


def thread_name(thread: Thread) -> str:
    """``io_thd_1 (tid 16777)``, as far as it is known."""
    tid = None if thread.tid is None else f"tid {thread.tid}"
    if thread.name and tid:
        return f"{thread.name} ({tid})"
    return thread.name or tid or "unnamed thread"


def _identity(frame: Frame) -> tuple[object, ...]:
    return (frame.function, frame.module, frame.offset, None if frame.offset is not None else frame.address)


def _row(frame: Frame, mark: SignedFrame | None) -> StackRow:
    offset = "" if frame.offset is None else f"{'' if frame.offset < 0 else '+'}{frame.offset}"
    function, source = (frame.function or "")[:MOST_CHARACTERS], (frame.file or "")[:MOST_CHARACTERS]
    if source and frame.line is not None:
        source = f"{source}:{frame.line}"
    return StackRow(
        index=frame.index,
        place=f"{function}{offset}" or (str(frame.address) if frame.address is not None else "?"),
        binary=_binary(frame.module),
        address="" if frame.address is None else str(frame.address),
        source=source,
        role=mark.role if mark else "",
        why=mark.why if mark else "",
        inlined=bool(frame.inlined),
        tail_call=bool(frame.tail_call),
        origin="" if frame.source == "log" else f"{frame.source}, found by {frame.trust}",
        line=frame.log_line,
    )


def _binary(module: str | None) -> str:
    """The file's name, without its directory and without the process title that Linux shows behind it."""
    path = (module or "")[:MOST_CHARACTERS].partition(" ")[0]
    return path.rsplit("/", 1)[-1]


def failing_lines(incident: Incident, most: int) -> list[str]:
    """The failing thread's stack as lines of plain text for a ticket; empty if there is none."""
    stack = failing_stack(incident, most)
    if stack is None:
        return []
    lines = []
    for row in stack.rows:
        mark = "   <-- likely culprit" if row.role == "culprit" else ""
        lines.append(f"#{row.index:<3}{row.place}  {row.source or row.binary}{mark}".rstrip())
    return [*lines, f"... {stack.left_out} more"] if stack.left_out else lines

"""Threads and frames of a report's STACK TRACE."""

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from itertools import pairwise

from triage.logs.report_parts import Part, ReportToken
from triage.model import Frame, Hex, Thread
from triage.patterns import compiled
from triage.records import dataclass

_LIBRARY = compiled(r".*\.(?:so(?:\.\d+)*|dylib|module)")
_UNMARKED = ("bare_stack", "head", "headless")
_UNKNOWN = ("<unknown>", "??")
MOST_FRAMES = 1_000
"""Servers print a hundred of a thread; with functions that were inlined in them there may be some more."""


@dataclass(slots=True)
class _OpenThread:
    tid: int | None = None
    name: str | None = None
    crashed: bool = False
    titled: bool = True
    frames: list[Frame] = field(default_factory=list)

    def close(self) -> Thread:
        return Thread(self.tid, self.name, self.crashed, tuple(self.frames))


def read_threads(parts: Sequence[Part]) -> tuple[Thread, ...] | None:
    """The threads of the first STACK TRACE that holds any; ``None`` if there is no such section."""
    marked = [part for part in parts if part.name == "stack"]
    for part in (*marked, *(other for other in parts if other.name in _UNMARKED and _has_frames(other))):
        threads = _threads(part.tokens)
        if threads:
            return threads
    return () if marked else None


def read_instruction(parts: Sequence[Part]) -> Frame | None:
    """The frame under the first ``EIP:``: where the failing instruction stands, as the server itself resolved it."""
    for part in parts:
        for token, following in pairwise(part.tokens):
            if token.kind == "EIP_TITLE" and following.kind.startswith("FRAME"):
                return _frame(0, following)
    return None


def first_crash_only(threads: tuple[Thread, ...] | None, running_at: Hex | None) -> tuple[Thread, ...] | None:
    """A second crash's stack without the frames that the report itself put upon those of the first.

    ``running_at`` is the instruction that crashed first; the frame before it, the signal's trampoline, stays.
    """
    return None if threads is None else tuple(_from_crash(thread, running_at) for thread in threads)


def _from_crash(thread: Thread, running_at: Hex | None) -> Thread:
    at = next((frame.index for frame in thread.frames if frame.address == running_at), 0)
    kept = thread.frames[at - 1 :] if at > 1 else thread.frames
    return replace(thread, frames=tuple(replace(frame, index=index) for index, frame in enumerate(kept)))


def _has_frames(part: Part) -> bool:
    return any(token.kind.startswith("FRAME") for token in part.tokens)


def _threads(tokens: Iterable[ReportToken]) -> tuple[Thread, ...]:
    threads: list[_OpenThread] = []
    after_eip = False
    for token in tokens:
        if token.kind == "EIP_TITLE":
            after_eip = True
        elif token.kind == "BACKTRACE_TITLE":
            after_eip = False
            threads.append(_OpenThread(crashed=True))
        elif token.kind == "THREAD":
            after_eip = False
            threads.append(_OpenThread(int(token.fields["tid"]), token.fields["name"], "star" in token.fields))
        elif token.kind.startswith("FRAME"):
            if after_eip:
                after_eip = False
                continue
            if not threads:
                # Redis up to 3.0 prints the frames without any title.
                threads.append(_OpenThread(crashed=True, titled=False))
            if len(threads[-1].frames) < MOST_FRAMES:
                threads[-1].frames.append(_frame(len(threads[-1].frames), token))
        elif token.kind in ("THREAD_COUNT", "STACK_DONE"):
            break
    if any(thread.crashed for thread in threads[1:]):
        # What stands before the first title is the rest of a thread that was cut off.
        threads[0].crashed = threads[0].crashed and threads[0].titled
    return _with_inlined(tuple(thread.close() for thread in threads))


def _with_inlined(threads: tuple[Thread, ...]) -> tuple[Thread, ...]:
    """libbacktrace prints one line per function that was inlined at an address, the innermost first."""
    return tuple(
        replace(thread, frames=tuple(map(_marked_inlined, thread.frames, (*thread.frames[1:], None))))
        for thread in threads
    )


def _marked_inlined(frame: Frame, outer: Frame | None) -> Frame:
    inlined = frame.file is not None and outer is not None and outer.file is not None
    return replace(frame, inlined=True) if inlined and outer and frame.address == outer.address else frame


def _frame(index: int, token: ReportToken) -> Frame:
    fields = token.fields
    symbol = fields.get("symbol") or None
    return Frame(
        index=index,
        function=None if symbol in _UNKNOWN else symbol,
        offset=_offset(token),
        module=_module(fields.get("module")),
        address=Hex(int(fields["address"], 16)) if "address" in fields else None,
        file=fields.get("file"),
        line=int(fields["file_line"]) if "file_line" in fields else None,
        log_line=token.line,
    )


def _offset(token: ReportToken) -> Hex | None:
    if "decimal_offset" in token.fields:
        return Hex(int(token.fields["decimal_offset"]))
    if "offset" not in token.fields:
        return None
    offset = int(token.fields["offset"], 16)
    return Hex(-offset if token.fields.get("sign") == "-" else offset)


def _module(text: str | None) -> str | None:
    """The path without the process title that the server writes behind it (``valkey-server *:6379 [cluster]``)."""
    if not text:
        return None
    if _LIBRARY.fullmatch(text):
        return text
    return text.partition(" ")[0]

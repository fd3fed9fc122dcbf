"""Reads the crashing thread's stack: which frames belong to the crash, and which one is the likely culprit."""

from collections.abc import Sequence
from dataclasses import dataclass

from triage.model import Frame, Incident, SignedFrame
from triage.signature.names import function_name
from triage.signature.roles import Role, role_of_function, role_of_module

CYCLE_LIMIT = 8
"""Longest cycle of functions that is folded when it repeats."""

_UNNAMED = Role("unknown", "no symbol: a static function, or a stripped binary")
_ABOVE_HANDLER = Role("handler", "runs inside the crash handler")
_CALLER = Role("unknown", "leads to the likely culprit")
_CULPRIT = Role("culprit", "innermost function of the server's or a module's own code")
_LAST_RESORT = Role("culprit", "innermost function; nothing more specific stands above it")


@dataclass(frozen=True, slots=True)
class Stack:
    """The crashing thread's frames with their roles; ``own`` are the names that make up the strict key."""

    frames: tuple[SignedFrame, ...] = ()
    culprit: str | None = None
    own: tuple[str, ...] = ()


def crashed_frames(incident: Incident) -> tuple[Frame, ...]:
    """The frames of the thread that failed, innermost first; empty if the input names no such thread."""
    threads = incident.threads or ()
    if len(threads) == 1:
        return threads[0].frames
    tid = incident.thread.tid if incident.thread else None
    marked = [t for t in threads if t.crashed] or [t for t in threads if tid is not None and t.tid == tid]
    return marked[0].frames if marked else ()


def read_stack(frames: Sequence[Frame]) -> Stack:
    """Gives every frame its role and finds the culprit."""
    names = [function_name(frame.function) if frame.function else None for frame in frames]
    listed = [_listed_role(name, frame) for name, frame in zip(names, frames, strict=True)]
    start = 1 + max((i for i, role in enumerate(listed) if role and role.name == "handler"), default=-1)
    culprit = _find_culprit(names, listed, start)
    roles = [_final_role(i, listed[i], names[i], start=start, culprit=culprit) for i in range(len(frames))]
    signed = tuple(SignedFrame(name, role.name, role.why) for name, role in zip(names, roles, strict=True))
    return Stack(signed, names[culprit] if culprit is not None else None, _own_names(signed))


def _listed_role(name: str | None, frame: Frame) -> Role | None:
    role = role_of_function(name) if name else None
    return role or (role_of_module(frame.module) if frame.module else None)


def _find_culprit(names: Sequence[str | None], listed: Sequence[Role | None], start: int) -> int | None:
    """Index of the first named frame that no list knows.

    Without one, the innermost frame itself if it is a dispatch function and neither waits nor stands below unnamed
    code.
    """
    below = range(start, len(names))
    own = next((i for i in below if names[i] and listed[i] is None), None)
    if own is not None:
        return None if _waits(listed, start, own) else own
    for i in below:
        role = listed[i]
        if role is None or role.idle or role.bottom:
            return None
        if role.name == "tail":
            return i
    return None


def _waits(listed: Sequence[Role | None], start: int, end: int) -> bool:
    return any(role is not None and role.idle for role in listed[start:end])


def _final_role(index: int, listed: Role | None, name: str | None, *, start: int, culprit: int | None) -> Role:
    if index < start:
        return listed if listed and listed.name == "handler" else _ABOVE_HANDLER
    if index == culprit:
        return _CULPRIT if listed is None else _LAST_RESORT
    if listed is not None:
        return listed
    return _CALLER if name else _UNNAMED


def _own_names(signed: Sequence[SignedFrame]) -> tuple[str, ...]:
    kept = [f.function for f in signed if f.function and f.role in ("culprit", "allocator", "unknown")]
    return fold_recursion(kept)


def fold_recursion(names: Sequence[str]) -> tuple[str, ...]:
    """The names with immediate repetitions of a cycle reduced to one turn: ``a b a b c`` becomes ``a b c``."""
    folded: list[str] = []
    for name in names:
        folded.append(name)
        for size in range(1, min(CYCLE_LIMIT, len(folded) // 2) + 1):
            if folded[-size:] == folded[-2 * size : -size]:
                del folded[-size:]
                break
    return tuple(folded)

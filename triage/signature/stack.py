"""Reads the crashing thread's stack: which frames belong to the crash, and what each of them means."""

from collections.abc import Sequence

from triage.model import Frame, Incident, SignedFrame
from triage.records import dataclass
from triage.signature.culprit import Blame, Culprit, Placed, failed_layer, find_culprit
from triage.signature.names import function_name
from triage.signature.recursion import endless_cycle, fold_recursion
from triage.signature.roles import Role, role_of_function, role_of_module

_UNNAMED = "no symbol: a static function, or a stripped binary"
_ABOVE_HANDLER = Role("handler", "runs inside the crash handler")
_CALLER = "leads to the likely culprit"
_CULPRIT = "innermost function of the server's own code"
_LAST_RESORT = "nothing more specific can be named"


@dataclass(frozen=True, slots=True)
class Stack:
    """The crashing thread's frames with their roles.

    ``own`` are the names that make up the strict key, ``layer`` is the data structure in which the culprit's call
    failed, ``cycle`` the recursion that filled the stack, ``unwinder`` the function that failed while it collected
    the stack for the report. ``below`` are the frames that are left when the crash handler's are gone.
    """

    frames: tuple[SignedFrame, ...] = ()
    below: tuple[Placed, ...] = ()
    culprit: str | None = None
    own: tuple[str, ...] = ()
    layer: str | None = None
    cycle: tuple[str, ...] | None = None
    unwinder: str | None = None


def crashed_frames(incident: Incident) -> tuple[Frame, ...]:
    """The frames of the thread that failed, innermost first; empty if the input names no such thread."""
    threads = incident.threads or ()
    if len(threads) == 1:
        return threads[0].frames
    tid = incident.thread.tid if incident.thread else None
    marked = [t for t in threads if t.crashed] or [t for t in threads if tid is not None and t.tid == tid]
    return marked[0].frames if marked else ()


def read_stack(frames: Sequence[Frame], rule: Blame) -> Stack:
    """Gives every frame its role and finds the culprit by ``rule``."""
    placed = place_frames(frames)
    start = 1 + max((i for i, p in enumerate(placed) if p.listed and p.listed.name == "handler"), default=-1)
    culprit = find_culprit(placed, start, rule)
    signed = tuple(_signed(index, p, start, culprit) for index, p in enumerate(placed))
    return Stack(
        frames=signed,
        below=tuple(placed[start:]),
        culprit=culprit.label if culprit else None,
        own=_own_names(signed, culprit),
        layer=failed_layer(placed[start : culprit.index]) if culprit else None,
        cycle=endless_cycle([p.name or p.place(rule.build) for p in placed[start:]]),
        unwinder=_failed_unwinder(placed, start),
    )


def place_frames(frames: Sequence[Frame]) -> list[Placed]:
    """Each frame with its normalised name and what the lists say of it."""
    return [_placed(frame) for frame in frames]


def _placed(frame: Frame) -> Placed:
    name = function_name(frame.function) if frame.function else None
    listed = role_of_function(name) if name else None
    return Placed(frame, name, listed or (role_of_module(frame.module) if frame.module else None))


def _failed_unwinder(placed: Sequence[Placed], start: int) -> str | None:
    """The unwinder if it is all that the stack shows: it runs above the function that writes the stack trace."""
    if start < len(placed):
        return None
    at = next((i for i, p in enumerate(placed) if p.listed and p.listed.unwinder), None)
    below = placed[at + 1 :] if at is not None else ()
    written = any(p.listed and p.listed.name == "handler" and not p.listed.unwinder for p in below if p.name)
    return placed[at].name if at is not None and written else None


def _signed(index: int, placed: Placed, start: int, culprit: Culprit | None) -> SignedFrame:
    role = _role(index, placed, start, culprit)
    return SignedFrame(placed.name, role.name, role.why)


def _role(index: int, placed: Placed, start: int, culprit: Culprit | None) -> Role:
    listed = placed.listed
    if index < start:
        return listed if listed and listed.name == "handler" else _ABOVE_HANDLER
    if culprit and index == culprit.index:
        return Role("culprit", _why_culprit(placed))
    if listed is not None:
        return listed
    why = _CALLER if placed.name else _UNNAMED
    return Role("unknown", f"code of the module {placed.module}; {why}" if placed.module else why)


def _why_culprit(placed: Placed) -> str:
    if placed.module:
        return f"where the module {placed.module} was running its own code"
    if placed.listed is not None:
        return f"{_LAST_RESORT}; {placed.listed.why}"
    return _CULPRIT if placed.name else f"{_LAST_RESORT} but its place in this build; {_UNNAMED}"


def _own_names(signed: Sequence[SignedFrame], culprit: Culprit | None) -> tuple[str, ...]:
    kept = [f.function for f in signed if f.function and f.role in ("culprit", "allocator", "unknown")]
    if culprit and signed[culprit.index].function is None:
        kept.insert(0, culprit.label)
    return fold_recursion(kept)

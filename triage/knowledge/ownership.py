"""Whether the failing code belongs to a module instead of the server."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from triage.model import Frame, Incident, Signature, SignedFrame

_SHARED_OBJECT = ".so"
_PASSED_OVER = ("handler", "library", "allocator")


def owning_module(incident: Incident, signature: Signature) -> str | None:
    """File name of the module whose code failed; ``None`` if it was the server's or cannot be told.

    The innermost frame that is neither crash handler nor library nor container decides.
    """
    for frame, signed in _paired(incident, signature):
        if signed.role in _PASSED_OVER:
            continue
        name = _file(frame)
        return name if name.endswith(_SHARED_OBJECT) else None
    return None


def shared_objects(incident: Incident, signature: Signature) -> tuple[str, ...] | None:
    """File names of the modules that have a frame on the stack, innermost first; ``None`` without a stack."""
    pairs = [(frame, signed) for frame, signed in _paired(incident, signature) if signed.role not in _PASSED_OVER]
    names = (_file(frame) for frame, _ in pairs)
    return tuple(dict.fromkeys(n for n in names if n.endswith(_SHARED_OBJECT))) if pairs else None


def _file(frame: Frame) -> str:
    return PurePosixPath(frame.module).name if frame.module else ""


def _paired(incident: Incident, signature: Signature) -> Iterator[tuple[Frame, SignedFrame]]:
    frames = _crashed_frames(incident)
    if len(frames) == len(signature.frames):
        yield from zip(frames, signature.frames, strict=True)


def _crashed_frames(incident: Incident) -> tuple[Frame, ...]:
    threads = incident.threads or ()
    crashed = threads if len(threads) == 1 else [t for t in threads if t.crashed]
    return crashed[0].frames if crashed else ()

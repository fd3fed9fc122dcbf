"""Whether the failing code belongs to a module instead of the server."""

from pathlib import PurePosixPath

from triage.model import Frame, Incident, Signature

_SHARED_OBJECT = ".so"
_PASSED_OVER = ("handler", "library", "allocator")


def owning_module(incident: Incident, signature: Signature) -> str | None:
    """File name of the module whose code failed; ``None`` if it was the server's or cannot be told.

    The innermost frame that is neither crash handler nor library nor container decides.
    """
    frames = _crashed_frames(incident)
    if len(frames) != len(signature.frames):
        return None
    for frame, signed in zip(frames, signature.frames, strict=True):
        if signed.role in _PASSED_OVER:
            continue
        name = PurePosixPath(frame.module).name if frame.module else ""
        return name if name.endswith(_SHARED_OBJECT) else None
    return None


def _crashed_frames(incident: Incident) -> tuple[Frame, ...]:
    threads = incident.threads or ()
    crashed = threads if len(threads) == 1 else [t for t in threads if t.crashed]
    return crashed[0].frames if crashed else ()

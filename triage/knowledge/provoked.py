"""Failures that the DEBUG command is there to make."""

import re
from pathlib import PurePosixPath

from triage.model import Incident, Kind, Signature
from triage.patterns import compiled

_ARGUMENT = compiled(r"""argv\[1\]: ['"]{1,2}(segfault|oom)['"]{1,2}""", re.IGNORECASE)
_PANIC = "DEBUG PANIC called"
_NEVER_TRUE = compiled(r"1 ?== ?2")
_BEYOND_MEMORY = compiled(r"llocating (?:9223372036854775807|18446744073709551615) bytes")
_READ_ONLY = "SEGV_ACCERR"
_MINUS_ONE = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


def debug_command(incident: Incident, signature: Signature) -> str | None:
    """``DEBUG PANIC`` and its like, if the incident shows that a client ran it; ``None`` if another cause is left."""
    site, message = incident.site, incident.message or ""
    match incident.kind:
        case Kind.PANIC if message.startswith(_PANIC):
            return "DEBUG PANIC"
        case Kind.ASSERTION if site and site.file and PurePosixPath(site.file).name == "debug.c":
            return "DEBUG ASSERT" if _NEVER_TRUE.fullmatch(site.expression or "") else None
        case Kind.OUT_OF_MEMORY if _failed_itself(signature):
            return "DEBUG OOM" if _BEYOND_MEMORY.search(message) or _argument(incident) == "OOM" else None
        case Kind.SIGNAL if _failed_itself(signature):
            return "DEBUG SEGFAULT" if _is_its_fault(incident) or _argument(incident) == "SEGFAULT" else None
        case _:
            return None


def _failed_itself(signature: Signature) -> bool:
    """Whether DEBUG's own function failed, not one that another of its subcommands called."""
    return any(frame.function == "debugCommand" and frame.role == "culprit" for frame in signature.frames)


def _argument(incident: Incident) -> str | None:
    return next((found[1].upper() for raw in incident.raw if (found := _ARGUMENT.match(raw.text))), None)


def _is_its_fault(incident: Incident) -> bool:
    """Whether it wrote where DEBUG SEGFAULT writes: to a page that is read-only or, up to 6.2, to address -1."""
    signal = incident.signal
    if signal is None or signal.sent or signal.name != "SIGSEGV":
        return False
    return signal.code_name == _READ_ONLY or (signal.address is not None and int(signal.address) in _MINUS_ONE)

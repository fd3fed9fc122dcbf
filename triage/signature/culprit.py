"""Finds the frame that most likely holds the fault, and the words that name it.

Names come first: they survive a rebuild. In order, each only if the one before is not there: the innermost named
function of the server's or a module's own code (a module without names owns what fails in it all the same, by its
offset); an interface such as ``SSL_pending``; command dispatch, if nothing nameless stands above it; the innermost
nameless frame by binary and offset, good within one build; the allocator or container function that failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from triage.model import Frame
from triage.signature.roles import Role

_FIXED_ADDRESSES = 1 << 32
"""Below it stands code that is not relocated: there the address is as good as an offset."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A frame with its normalised name and what the lists say of it."""

    frame: Frame
    name: str | None
    listed: Role | None

    @property
    def module(self) -> str | None:
        """File name of the loadable module that the frame belongs to; ``None`` for the server and for libraries."""
        listed_by_file = self.listed is not None and self.listed.name == "library" and self.name is None
        path = PurePosixPath(self.frame.module or "").name
        return path if path.endswith(".so") and not listed_by_file else None


@dataclass(frozen=True, slots=True)
class Culprit:
    """The likely culprit: index of its frame, and its name in a key."""

    index: int
    label: str


def find_culprit(frames: Sequence[Placed], start: int, build: str) -> Culprit | None:
    """The likely culprit among ``frames[start:]``; ``build`` (``redis-server@7.0.3``) makes offsets comparable."""
    own = _own(frames, start) or _interface(frames, start)
    found = own or _dispatch(frames, start) or _nameless(frames, start, build) or _container(frames, start)
    waits = found and any(placed.listed and placed.listed.idle for placed in frames[start : found.index])
    return None if waits else found


def _own(frames: Sequence[Placed], start: int) -> Culprit | None:
    for index in range(start, len(frames)):
        placed = frames[index]
        if placed.module and (placed.listed is None or placed.listed.name == "tail"):
            return _modules_own(frames, index, placed.module)
        if placed.name and placed.listed is None:
            return Culprit(index, placed.name)
    return None


def _modules_own(frames: Sequence[Placed], start: int, module: str) -> Culprit | None:
    """The first named function before the module is left; else where it was entered last, by offset."""
    for index in range(start, len(frames)):
        if frames[index].module != module:
            break
        if frames[index].name:
            return Culprit(index, f"{module}({frames[index].name})")
    offset = frames[start].frame.offset
    return Culprit(start, f"{module}(+{offset})") if offset is not None else None


def _interface(frames: Sequence[Placed], start: int) -> Culprit | None:
    for index, placed in enumerate(frames[start:], start):
        if placed.name and placed.listed and placed.listed.nameable:
            return Culprit(index, placed.name)
    return None


def _dispatch(frames: Sequence[Placed], start: int) -> Culprit | None:
    for index, placed in enumerate(frames[start:], start):
        if placed.listed is None or placed.listed.bottom:
            return None
        if placed.listed.name == "tail" and placed.name:
            return Culprit(index, placed.name)
    return None


def _nameless(frames: Sequence[Placed], start: int, build: str) -> Culprit | None:
    for index, placed in enumerate(frames[start:], start):
        if placed.listed is not None and placed.listed.bottom:
            return None
        if placed.listed is None and placed.frame.module and (place := _place(placed.frame)):
            binary, _, version = build.partition("@")
            return Culprit(index, f"{binary}({place})" + (f"@{version}" if version else ""))
    return None


def _place(frame: Frame) -> str | None:
    if frame.offset is not None:
        return f"+{frame.offset}"
    return str(frame.address) if frame.address is not None and frame.address < _FIXED_ADDRESSES else None


def _container(frames: Sequence[Placed], start: int) -> Culprit | None:
    for index, placed in enumerate(frames[start:], start):
        if placed.name and placed.listed and placed.listed.name == "allocator":
            return Culprit(index, placed.name)
    return None

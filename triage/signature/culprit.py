"""Finds the frame that most likely holds the fault, and the words that name it.

Names come first: they survive a rebuild. In order, each only if the one before is not there: the innermost named
function of the server's or a module's own code (a module without names owns what fails in it all the same, by its
offset); an interface such as ``SSL_pending``; command dispatch, if nothing nameless stands above it; the innermost
nameless frame by binary and offset, good within one build; the allocator or container function that failed.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from triage.model import Frame
from triage.records import dataclass
from triage.signature.roles import Role, is_carried

_CONNECTION = "OpenSSL"
"""The layer that fails if a connection is broken."""
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

    @property
    def may_own(self) -> bool:
        """Whether the frame is a module's own code if it stands in one: not listed, or only as its entry point."""
        return self.listed is None or self.listed.name == "tail"

    def place(self, build: str) -> str | None:
        """The frame by binary and offset: ``rejson.so(+0x6465)``, ``redis-server(+0x1fd20f)@7.0.3``.

        ``build`` is the server's binary and version; ``None`` if the frame shows no place that lasts.
        """
        offset = _offset(self.frame)
        if not self.frame.module or not offset:
            return None
        binary, at, version = (self.module, "", "") if self.module else build.partition("@")
        return f"{binary}({offset}){at}{version}"


@dataclass(frozen=True, slots=True)
class Culprit:
    """The likely culprit: index of its frame, and its name in a key."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class Blame:
    """Who can be blamed at all.

    ``build`` (``redis-server@7.0.3``) makes offsets comparable. ``anyone`` is false if the failure came from outside,
    ``waiting`` true if having waited is the failure; ``nameless`` is false if the innermost frames may be missing,
    for then the first place that is left says nothing.
    """

    build: str
    anyone: bool = True
    waiting: bool = False
    nameless: bool = True


def find_culprit(frames: Sequence[Placed], start: int, rule: Blame) -> Culprit | None:
    """The likely culprit among ``frames[start:]``; ``None`` if there is none, or if its thread only waited."""
    if not rule.anyone:
        return None
    named = _own(frames, start) or _interface(frames, start) or _dispatch(frames, start)
    place = _nameless(frames, start, rule.build) if rule.nameless else None
    found = named or place or _container(frames, start)
    waits = found and any(placed.listed and placed.listed.idle for placed in frames[start : found.index])
    return None if waits and not rule.waiting else found


def _own(frames: Sequence[Placed], start: int) -> Culprit | None:
    connection_failed = failed_layer(frames[start:]) == _CONNECTION
    innocent: Culprit | None = None
    for index in range(start, len(frames)):
        placed = frames[index]
        if placed.module and placed.may_own:
            return _modules_own(frames, index, placed.module)
        if placed.name and placed.listed is None:
            found = Culprit(index, placed.name)
            if not (connection_failed and is_carried(placed.name)):
                return found
            innocent = innocent or found
    return innocent


def failed_layer(frames: Sequence[Placed]) -> str | None:
    """The data structure or library that the innermost frame with one belongs to, before any frame of own code."""
    for placed in frames:
        if placed.listed and placed.listed.layer:
            return placed.listed.layer
        if placed.listed is None and placed.name:
            return None
    return None


def _modules_own(frames: Sequence[Placed], start: int, module: str) -> Culprit | None:
    """The first named function before the module is left; else where it was entered last, by offset."""
    for index in range(start, len(frames)):
        placed = frames[index]
        if placed.module != module:
            break
        if placed.name and placed.may_own:
            return Culprit(index, f"{module}({placed.name})")
    place = frames[start].place("")
    return Culprit(start, place) if place else None


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
        if placed.listed is None and (place := placed.place(build)):
            return Culprit(index, place)
    return None


def _offset(frame: Frame) -> str | None:
    if frame.offset is not None:
        return f"+{frame.offset}"
    return str(frame.address) if frame.address is not None and frame.address < _FIXED_ADDRESSES else None


def _container(frames: Sequence[Placed], start: int) -> Culprit | None:
    for index, placed in enumerate(frames[start:], start):
        if placed.name and placed.listed and placed.listed.name == "allocator":
            return Culprit(index, placed.name)
    return None

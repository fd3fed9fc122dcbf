"""The role of a frame, looked up in ``roles.toml``."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from triage.logs.needles import Expressions
from triage.model import Frame
from triage.records import dataclass
from triage.resources import toml_table
from triage.signature.names import NAME_LIMIT, function_name

LISTS = ("handler", "library", "allocator", "tail")
"""The lists of ``roles.toml`` in the order in which they are asked."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a list says of a frame; the marks are explained at the head of ``roles.toml``."""

    name: str
    why: str
    idle: bool = False
    bottom: bool = False
    nameable: bool = False
    unwinder: bool = False
    layer: str | None = None


@cache
def role_table() -> Mapping[str, Any]:
    """``roles.toml`` as it stands, samples included."""
    return toml_table(Path(__file__).with_name("roles.toml"))


class _Patterns:
    """Patterns (``key`` of the table) of some lists, and the role that each stands for."""

    def __init__(self, key: str, lists: tuple[str, ...]) -> None:
        table = role_table()
        entries = [(name, entry) for name in lists for entry in table[name].get(key, ())]
        self._roles = [
            Role(name, **{mark: entry[mark] for mark in entry.keys() - {"match"}}) for name, entry in entries
        ]
        self._patterns = Expressions(f"{'-'.join(lists)}-{key}", [entry["match"] for _, entry in entries])

    def first_match(self, text: str) -> Role | None:
        """The role of the first pattern that matches the whole of ``text``."""
        tried = self._patterns.in_text(text)
        return next((self._roles[number] for number, pattern in tried if pattern.fullmatch(text)), None)


@cache
def _patterns(key: str, lists: tuple[str, ...] = LISTS) -> _Patterns:
    return _Patterns(key, lists)


@lru_cache(maxsize=4096)
def role_of_function(name: str) -> Role | None:
    """The role of a function by its normalised name, or ``None`` if no list knows it: the server's own code."""
    return _patterns("patterns").first_match(name[:NAME_LIMIT])


@lru_cache(maxsize=256)
def role_of_module(path: str) -> Role | None:
    """``library`` for a shared library of the system; ``None`` for the server's binary and for modules."""
    return _patterns("modules").first_match(PurePosixPath(path[:NAME_LIMIT]).name)


@lru_cache(maxsize=256)
def is_carried(name: str) -> bool:
    """Whether a function only reads or builds what a connection carries."""
    return _patterns("patterns", ("carried",)).first_match(name[:NAME_LIMIT]) is not None


def duty_of(frame: Frame) -> str | None:
    """What a frame is for: ``idle`` where its thread only waits, else its role; ``None`` for a program's own code."""
    role = role_of_function(function_name(frame.function)) if frame.function else None
    role = role or (role_of_module(frame.module) if frame.module else None)
    return None if role is None else "idle" if role.idle else role.name

"""Assertions that many callers can break (``sites.toml``), and the caller that tells them apart."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from triage.patterns import compiled
from triage.records import dataclass
from triage.resources import toml_table
from triage.signature.culprit import Placed

_BESIDE = ("allocator", "library", "handler")
_ARRAYS = ("hash table", "packed list", "integer set")
"""Structures that others keep their bytes in."""


@dataclass(frozen=True, slots=True)
class CallerSite:
    """An assertion whose family needs the caller; ``inside`` matches functions of the check itself."""

    file: re.Pattern[str]
    expression: re.Pattern[str]
    inside: re.Pattern[str]
    why: str


@cache
def caller_sites() -> tuple[CallerSite, ...]:
    """The entries of ``sites.toml``."""
    entries = toml_table(Path(__file__).with_name("sites.toml"))["caller"]
    return tuple(
        CallerSite(compiled(e["file"]), compiled(e["expression"]), compiled(e["inside"]), e["why"]) for e in entries
    )


def caller_of(file: str, expression: str, below: Sequence[Placed], command: str | None) -> str | None:
    """The words that tell the caller of such an assertion: ``< hrandfieldWithCountCommand`` or ``in quicklist``.

    ``None`` if the assertion speaks for itself or the stack shows no caller. ``command`` is what the client ran; it
    is added where the caller is only the dispatch of commands.
    """
    site = next((s for s in caller_sites() if s.file.fullmatch(file) and s.expression.fullmatch(expression)), None)
    if site is None:
        return None
    keeper = _keeper(below)
    if keeper:
        return f"in {keeper}"
    caller = next((p for p in _named(below) if not _belongs(p, site)), None)
    if caller is None or (caller.listed and caller.listed.bottom):
        return None
    dispatch = caller.listed is not None and caller.listed.name == "tail"
    return f"< {caller.name}({command})" if dispatch and command else f"< {caller.name}"


def _named(frames: Iterable[Placed]) -> Iterable[Placed]:
    return (frame for frame in frames if frame.name)


def _belongs(placed: Placed, site: CallerSite) -> bool:
    listed = placed.listed is not None and placed.listed.name in _BESIDE
    return listed or site.inside.fullmatch(placed.name or "") is not None


def _keeper(below: Sequence[Placed]) -> str | None:
    """The container that keeps the damaged one: it is where the damage is, whichever command came to read it."""
    layers: list[str] = []
    for placed in _named(below):
        if placed.listed is None or placed.listed.name != "allocator":
            break
        if placed.listed.layer:
            layers.append(placed.listed.layer)
    return layers[-1] if layers and layers[0] in _ARRAYS and layers[-1] not in _ARRAYS else None

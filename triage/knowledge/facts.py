"""Facts of an incident by dotted path, as knowledge files name them: ``site.file``, ``server.io_threads`` …"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import PurePosixPath
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

from triage.model import Evidence, Incident, Signature


@dataclass(frozen=True, slots=True)
class Facts:
    """One incident and its signature, asked by path."""

    incident: Incident
    signature: Signature

    def get(self, path: str) -> object:
        """The fact's value; ``None`` if the input does not hold it."""
        if path in DERIVED:
            return DERIVED[path](self)
        value: object = self.incident
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else getattr(value, step, None)
            if value is None:
                return None
        return value

    def proof(self, path: str) -> tuple[Evidence, ...]:
        """The line of the report that states the fact, where it can be pointed at."""
        value = self.get(path)
        words = _PROOF_WORDS.get(path)
        if value is None or words is None or self.incident.input is None:
            return ()
        wanted = [word.format(value=value, file=self.get("site.file")) for word in words]
        for raw in self.incident.raw:
            if any(word in raw.text for word in wanted):
                return (Evidence(self.incident.input, raw.text, raw.line),)
        return ()


def _site_file(facts: Facts) -> str | None:
    site = facts.incident.site
    return PurePosixPath(site.file).name if site and site.file else None


def _site_expression(facts: Facts) -> str | None:
    site = facts.incident.site
    return " ".join(site.expression.split()) if site and site.expression is not None else None


def _stack_functions(facts: Facts) -> tuple[str | None, ...] | None:
    below_handler = tuple(f.function for f in facts.signature.frames if f.role not in ("handler", "library"))
    return below_handler or None


def _stack_culprit(facts: Facts) -> str | None:
    return next((f.function for f in facts.signature.frames if f.role == "culprit"), None)


DERIVED: Mapping[str, Callable[[Facts], object]] = {
    "site.file": _site_file,
    "site.expression": _site_expression,
    "stack.functions": _stack_functions,
    "stack.culprit": _stack_culprit,
}
"""Facts that are not a field of the model: normalised text, and the stack (``None`` stands for an unnamed frame)."""

_PROOF_WORDS: Mapping[str, tuple[str, ...]] = {
    "site.file": ("{value}:",),
    "site.line": ("{file}:{value}",),
    "site.expression": ("'{value}' is not true",),
    "server.version": ("_version:{value}",),
    "server.io_threads": ("io-threads {value}",),
    "server.io_threads_active": ("io_threads_active:",),
    "server.tls": ("name=tls",),
    "server.arch": (" {value}",),
}
"""Text by which the line of the report that states a fact is found."""


@cache
def is_fact(path: str) -> bool:
    """Whether a path can name a fact at all: a field of the model, a key of INFO or CONFIG, or a derived fact."""
    return path in DERIVED or _leads_somewhere(Incident, tuple(path.split(".")))


def _leads_somewhere(type_: object, steps: tuple[str, ...]) -> bool:
    if not steps:
        return not is_dataclass(type_)
    origin = get_origin(type_)
    if origin in (Union, UnionType):
        return any(_leads_somewhere(member, steps) for member in get_args(type_) if member is not type(None))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _leads_somewhere(get_args(type_)[1], steps[1:])
    if not isinstance(type_, type) or not is_dataclass(type_) or steps[0] not in {f.name for f in fields(type_)}:
        return False
    hint = get_type_hints(type_)[steps[0]]
    return _leads_somewhere(hint, steps[1:])

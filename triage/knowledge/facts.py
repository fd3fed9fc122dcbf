"""Facts of an incident by dotted path, as knowledge files name them: ``site.file``, ``server.io_threads`` …"""

from collections.abc import Callable, Mapping
from dataclasses import field, fields, is_dataclass
from functools import cache
from itertools import pairwise
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

from triage.knowledge.ownership import owning_module, shared_objects
from triage.knowledge.report_words import arguments, own_words
from triage.model import Incident, Signature
from triage.records import dataclass
from triage.signature.names import expression_text, file_name, function_name

TOP_FRAMES = 3
"""How many own frames ``stack.top`` holds."""
_CLIENT = "current_client."
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Facts:
    """One incident and its signature, asked by path. Answers are kept: many entries ask for the same few."""

    incident: Incident
    signature: Signature
    _answers: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    def get(self, path: str) -> object:
        """The fact's value; ``None`` if the input does not hold it."""
        value = self._answers.get(path, _MISSING)
        if value is _MISSING:
            value = self._answers[path] = self._find(path)
        return value

    def _find(self, path: str) -> object:
        if path in DERIVED:
            return DERIVED[path](self)
        if path.startswith(_CLIENT):
            client = self.incident.current_client
            return client.fields.get(path.removeprefix(_CLIENT)) if client else None
        value: object = self.incident
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else getattr(value, step, None)
            if value is None:
                return None
        return value


def _site_file(facts: Facts) -> str | None:
    site = facts.incident.site
    return file_name(site.file) if site and site.file else None


def _site_expression(facts: Facts) -> str | None:
    site = facts.incident.site
    return expression_text(site.expression) if site and site.expression is not None else None


def _stack_functions(facts: Facts) -> tuple[str | None, ...] | None:
    """Every function below the crash handler; an unnamed frame of a system library is nobody who is looked for."""
    return (
        tuple(
            f.function
            for f in facts.signature.frames
            if f.role != "handler" and not (f.role == "library" and not f.function)
        )
        or None
    )


def _stack_top(facts: Facts) -> tuple[str | None, ...] | None:
    own = [f.function for f in facts.signature.frames if f.role in ("culprit", "allocator", "unknown")]
    return tuple(own[:TOP_FRAMES]) or None


def _stack_culprit(facts: Facts) -> str | None:
    return next((f.function for f in facts.signature.frames if f.role == "culprit"), None)


def _stack_handlers(facts: Facts) -> tuple[str | None, ...] | None:
    return tuple(f.function for f in facts.signature.frames if f.role == "handler") or None


def _stack_modules(facts: Facts) -> tuple[str, ...] | None:
    return shared_objects(facts.incident, facts.signature)


def _stack_owner(facts: Facts) -> str | None:
    return owning_module(facts.incident, facts.signature)


def _loaded_modules(facts: Facts) -> tuple[str, ...] | None:
    modules = facts.incident.server.modules
    return None if modules is None else tuple(module.name for module in modules)


def _current_command(facts: Facts) -> str | None:
    """As the report states it; where that part is missing, as the function is called that ``call`` has called."""
    if facts.incident.current_command is not None:
        return facts.incident.current_command
    names = (frame.function for frame in facts.signature.frames)
    run = next((name for name, caller in pairwise(names) if caller == "call" and name), "")
    command = run.removesuffix("Command")
    return command.lower() if command and command != run else None


def _report_lines(facts: Facts) -> tuple[str, ...] | None:
    return own_words(facts.incident.raw) or None


def _report_arguments(facts: Facts) -> tuple[str, ...] | None:
    return arguments(facts.incident.raw) or None


DERIVED: Mapping[str, Callable[[Facts], object]] = {
    "site.file": _site_file,
    "site.expression": _site_expression,
    "stack.functions": _stack_functions,
    "stack.top": _stack_top,
    "stack.culprit": _stack_culprit,
    "stack.handlers": _stack_handlers,
    "stack.modules": _stack_modules,
    "stack.owner": _stack_owner,
    "server.modules": _loaded_modules,
    "current_command": _current_command,
    "report.lines": _report_lines,
    "report.arguments": _report_arguments,
}
"""Facts that are not a field of the model: normalised text, and the stack (``None`` stands for an unnamed frame)."""

SPELLING: Mapping[str, Callable[[str], str]] = {
    "site.file": file_name,
    "site.expression": expression_text,
    "stack.functions": function_name,
    "stack.top": function_name,
    "stack.culprit": function_name,
    "stack.handlers": function_name,
}
"""Facts that are compared in one spelling for both forks, and the function that brings operands into it."""


@cache
def is_fact(path: str) -> bool:
    """Whether a path can name a fact at all: a field of the model, a key of INFO or CONFIG, or a derived fact."""
    if path in DERIVED or (path.startswith(_CLIENT) and path.count(".") == 1):
        return True
    return _leads_somewhere(Incident, tuple(path.split(".")))


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

"""Goes over an analysis and makes every string in it safe, by what its place in the model says it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import islice
from operator import is_
from types import NoneType
from typing import Any, TypeAlias, TypeVar

from triage.model import (
    Analysis,
    Client,
    Code,
    CodeDump,
    Evidence,
    Finding,
    Fix,
    Incident,
    Input,
    Kind,
    LineShape,
    RawLine,
    Series,
    ServerState,
    Signature,
    StateClient,
    Tool,
    Verdict,
)
from triage.model.client import ClientValue
from triage.patterns import compiled
from triage.records import dataclass
from triage.redact.arguments import shape_of
from triage.redact.inputs import safe_names
from triage.redact.known import KnownValues
from triage.redact.pseudonyms import Pseudonyms
from triage.redact.raw import safe_lines
from triage.redact.signature_keys import SafeKeys
from triage.redact.texts import Texts, facts_in
from triage.redact.vocabulary import Vocabulary

Model = TypeVar("Model")
Value: TypeAlias = Any
"""A value of the model: its types tell what it is, and only by looking."""

_OURS = (Tool, Fix, Series, Code, CodeDump)
"""Types whose strings are this program's own, the knowledge base's, or machine code."""
_OUR_FIELDS = {
    Input: frozenset({"kind", "format", "timestamp_format", "wrapper"}),
    Finding: frozenset({"id"}),
    Verdict: frozenset({"issue", "references"}),
}
_NOT_TEXT = (int, float, StrEnum, NoneType)
_SPOKEN_BY_CODE = frozenset({Kind.PANIC, Kind.ASSERTION, Kind.OUT_OF_MEMORY, Kind.WATCHDOG, Kind.MEMORY_TEST_FAILED})
"""Kinds whose message is a string constant of the server's or a module's code, as a rule."""


class Level(StrEnum):
    """How much goes: nothing, what is private, or also what is merely unusual."""

    NONE = "none"
    DEFAULT = "default"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Redacted:
    """The safe analysis, the private map, and what the self-test looks for in finished output."""

    analysis: Analysis
    pseudonyms: Pseudonyms
    known: KnownValues


def redact(analysis: Analysis, level: Level = Level.DEFAULT) -> Redacted:
    """``analysis`` with pseudonyms for what is private. The same input gives the same pseudonyms.

    ``Level.NONE`` returns it as it is.
    """
    vocabulary = Vocabulary(facts_in(_facts(analysis)))
    if level is Level.NONE:
        return Redacted(replace(analysis, redaction=level.value), Pseudonyms(), KnownValues({}, vocabulary))
    texts = Texts(vocabulary, strict=level is Level.STRICT)
    walk = _Walk(texts, analysis.inputs)
    walk.over(analysis)
    texts.learn()
    safe = replace(walk.over(analysis), redaction=level.value)
    return Redacted(safe, texts.pseudonyms, texts.known())


def redact_together(analyses: Sequence[Analysis], level: Level) -> tuple[list[Analysis], Redacted]:
    """Several analyses with one set of pseudonyms, so that they can be compared; and what the self-test needs."""
    together = replace(
        analyses[0],
        inputs=tuple(entry for analysis in analyses for entry in analysis.inputs),
        incidents=tuple(incident for analysis in analyses for incident in analysis.incidents),
        observations=tuple(finding for analysis in analyses for finding in analysis.observations),
    )
    redacted = redact(together, level)
    inputs = iter(redacted.analysis.inputs)
    incidents = iter(redacted.analysis.incidents)
    findings = iter(redacted.analysis.observations)
    safe = [
        replace(
            analysis,
            inputs=tuple(islice(inputs, len(analysis.inputs))),
            incidents=tuple(islice(incidents, len(analysis.incidents))),
            observations=tuple(islice(findings, len(analysis.observations))),
            redaction=level.value,
        )
        for analysis in analyses
    ]
    return safe, redacted


_WANTED_BUILD = compiled(r"debuginfod-find \w{1,20} ([0-9a-f]{40})\b")
"""A build id is as long as a cluster node's id, but names a public file."""


def _facts(analysis: Analysis) -> Iterator[str]:
    """What the contract promises to keep: names of code, threads, modules, settings, versions and commands."""
    for incident in analysis.incidents:
        server, site = incident.server, incident.site
        yield from filter(None, (server.product, server.version, server.malloc, server.arch, server.build_id))
        yield from (module.name for module in server.modules or ())
        yield from filter(None, (site.file, site.function, site.expression) if site else ())
        yield from filter(None, (incident.current_command, incident.role))
        yield from incident.config or ()
        for entry in incident.missing:
            yield from _WANTED_BUILD.findall(entry.command or "")
        for thread in incident.threads or ():
            yield from filter(None, (thread.name,))
            yield from (frame.function for frame in thread.frames if frame.function)


@cache
def _names(part: type) -> tuple[str, ...]:
    """The fields of a dataclass whose strings may be the customer's."""
    kept = _OUR_FIELDS.get(part, frozenset())
    return tuple(field.name for field in fields(part) if field.name not in kept)


class _Walk:
    """One pass over the model."""

    def __init__(self, texts: Texts, inputs: Sequence[Input]) -> None:
        self._texts = texts
        self._inputs = inputs
        self._names: Mapping[str, str] = {}
        self._keys = SafeKeys(texts)
        # By identity; the part itself is kept beside its safe form, so that no other can take its place.
        self._done: dict[int, tuple[object, Any]] = {}

    def over(self, analysis: Analysis) -> Analysis:
        self._names = safe_names(self._inputs, self._texts)
        self._done.clear()
        return self._model(analysis)

    def _any(self, value: Value) -> Value:
        """The safe form of a value: itself if nothing in it changes."""
        if isinstance(value, _NOT_TEXT):
            return value
        if isinstance(value, str):
            return self._texts.prose(value)
        if isinstance(value, list | tuple):
            safe = [self._any(item) for item in value]
            return value if all(map(is_, safe, value)) else type(value)(safe)
        if isinstance(value, Mapping):
            safe_items = {self._any(key): self._any(item) for key, item in value.items()}
            return value if safe_items == value else safe_items
        return self._shared(value) if is_dataclass(value) and not isinstance(value, type) else value

    def _shared(self, value: object) -> Any:  # noqa: ANN401 - of the same type as the value
        """The safe form of a part of the model, made once: thousands of incidents hold the same events."""
        if id(value) not in self._done:
            self._done[id(value)] = (value, self._model(value))
        return self._done[id(value)][1]

    def _model(self, value: Model) -> Model:
        if isinstance(value, _OURS):
            return value
        own = self._typed(value)
        changed = {}
        part: type = type(value)
        for name in _names(part):
            before = getattr(value, name)
            safe = own[name] if name in own else self._any(before)
            if safe is not before:
                changed[name] = safe
        return replace(value, **changed) if changed else value  # type: ignore[type-var]

    def _typed(self, value: object) -> dict[str, Any]:
        """The fields of ``value`` whose strings are more than prose."""
        if isinstance(value, Input):
            return self._input(value)
        if isinstance(value, Evidence):
            return {"input": self._names.get(value.input, value.input), "text": self._texts.line(value.text)}
        if isinstance(value, RawLine | LineShape):
            return {"text": self._texts.line(value.text)}
        if isinstance(value, Client):
            return {"fields": self._client_fields(value)}
        if isinstance(value, StateClient):
            argv = None if value.argv is None else tuple(shape_of(value.argv, self._texts.pseudonyms))
            return {"fields": self._client_fields(value), "argv": argv}
        if isinstance(value, ServerState):
            return {"source": self._names.get(value.source, value.source)}
        return self._incident(value) if isinstance(value, Incident) else {}

    def _client_fields(self, client: Client | StateClient) -> Mapping[str, ClientValue]:
        return {name: self._client_value(name, item) for name, item in client.fields.items()}

    def _input(self, entry: Input) -> dict[str, Any]:
        """The name as it is shown, also where a problem says it."""
        shown = self._names.get(entry.name, entry.name)
        problems = (
            replace(problem, message=problem.message.replace(entry.name, shown)) for problem in entry.problems
        )
        return {"name": shown, "problems": tuple(self._model(problem) for problem in problems)}

    def _client_value(self, name: str, value: ClientValue) -> ClientValue:
        return self._texts.field(name, value) if isinstance(value, str) and value else value

    def _signature(self, incident: Incident, message: str) -> Signature:
        signature = replace(incident.signature, frames=self._any(incident.signature.frames))
        return self._keys.of(signature, incident.message or "", message)

    def _incident(self, incident: Incident) -> dict[str, Any]:
        texts, own = self._texts, dict[str, Any]()
        own["input"] = None if incident.input is None else self._names.get(incident.input, incident.input)
        own["raw"] = safe_lines(incident.raw, texts)
        if incident.message:
            by_code = incident.kind in _SPOKEN_BY_CODE and not texts.strict
            own["message"] = texts.prose(incident.message) if by_code else texts.line(incident.message)
            own["signature"] = self._signature(incident, own["message"])
        if incident.info is not None:
            own["info"] = {
                texts.prose(section): {
                    texts.prose(key): texts.info(key, value) if isinstance(value, str) else value
                    for key, value in keys.items()
                }
                for section, keys in incident.info.items()
            }
        if incident.config is not None:
            own["config"] = {texts.prose(name): texts.setting(name, value) for name, value in incident.config.items()}
        return own

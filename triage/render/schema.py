"""The JSON Schema of the output, made from the model's types: ``python -m triage.render.schema`` writes it.

A field whose type allows ``None`` is optional and never null; every other field is always there.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from inspect import cleandoc
from pathlib import Path
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from triage.model import Analysis, Client, Hex, Instant
from triage.model.analysis import SCHEMA
from triage.model.client import ClientValue

PATH = Path(__file__).with_name("triage-analysis-1.schema.json")

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PROMISE = (
    "What `triage analyze --format json` writes. Fields may be added; none is renamed, moved or changes its meaning "
    "without a new number behind the slash. A field that is absent is not known; no value stands in its place."
)
_SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Hex: {"type": "string", "pattern": "^-?0x[0-9a-f]+$"},
    Instant: {"type": "string", "pattern": r"^(\d{4,}|-)-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}([+-]\d\d:\d\d(:\d\d)?)?$"},
    Any: {},
}

Schema: TypeAlias = dict[str, Any]
Hint: TypeAlias = Any
"""A type as an annotation has it."""


def build() -> Schema:
    """The schema of a whole analysis, with one definition per type of the model."""
    definitions: dict[str, Schema] = {}
    root = _schema_of(Analysis, definitions)
    definitions["Analysis"]["properties"]["schema"] = {"const": SCHEMA}
    head = {
        "$schema": _DRAFT,
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": SCHEMA,
        "description": _PROMISE,
    }
    return head | root | {"$defs": dict(sorted(definitions.items()))}


def to_text() -> str:
    """The schema as it stands in the published file."""
    return json.dumps(build(), indent=2) + "\n"


def _schema_of(kind: Hint, definitions: dict[str, Schema]) -> Schema:
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    origin: Hint = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union(kind, definitions)
    if origin is tuple:
        return {"type": "array", "items": _schema_of(get_args(kind)[0], definitions)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema_of(get_args(kind)[1], definitions)}
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}
        definitions[kind.__name__] = _definition(kind, definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _union(kind: Hint, definitions: dict[str, Schema]) -> Schema:
    members = [_schema_of(member, definitions) for member in get_args(kind) if member is not type(None)]
    return members[0] if len(members) == 1 else {"anyOf": members}


def _definition(kind: type, definitions: dict[str, Schema]) -> Schema:
    description = {"description": cleandoc(kind.__doc__ or "").replace("``", "`")}
    if issubclass(kind, StrEnum):
        return description | {"enum": [member.value for member in kind]}
    if issubclass(kind, Client):
        extra = _schema_of(ClientValue, definitions)
        return description | {
            "type": "object",
            "properties": {"line": _SIMPLE[int]},
            "additionalProperties": extra,
        }
    return description | _object(kind, definitions)


def _object(kind: type, definitions: dict[str, Schema]) -> Schema:
    if not is_dataclass(kind):
        raise TypeError(f"{kind!r} has no rule")
    hints = get_type_hints(kind)
    shown = [field.name for field in fields(kind) if not field.metadata.get("internal")]
    return {
        "type": "object",
        "properties": {name.rstrip("_"): _schema_of(hints[name], definitions) for name in shown},
        "required": [name.rstrip("_") for name in shown if type(None) not in get_args(hints[name])],
        "additionalProperties": True,
    }


if __name__ == "__main__":
    PATH.write_text(to_text(), encoding="utf-8")

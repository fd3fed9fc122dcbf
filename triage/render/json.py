"""The analysis as JSON: the contract ``triage-analysis/1``."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from io import StringIO
from typing import TypeAlias

from triage.model import Analysis, Client, Hex, Instant
from triage.patterns import compiled
from triage.render.visible import ACTIVE

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_ACTIVE = compiled(f"(?!\n)[{ACTIVE}]")


def to_json(analysis: Analysis) -> str:
    """One JSON object with two-space indent and a final newline; ``None`` and internal fields are left out."""
    rest = _object(replace(analysis, incidents=()))
    # Incidents become dicts and lists one by one: as such they take ten times the memory of their text.
    document = {"schema": analysis.schema, **rest, "incidents": analysis.incidents}
    encoder = json.JSONEncoder(ensure_ascii=False, indent=2, allow_nan=False, default=as_json)
    plain = StringIO()
    plain.writelines(encoder.iterencode(document))
    plain.write("\n")
    return escape_active(plain.getvalue())


def escape_active(document: str) -> str:
    """JSON text in which every character that would act on a terminal is written as ``\\u…``."""
    return _ACTIVE.sub(_escaped, document)


def as_json(value: object) -> Json:
    """``value`` as dicts, lists, strings, numbers and booleans, by the rules of the contract."""
    if isinstance(value, Instant | Hex):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return _object(value)


def _object(value: object) -> dict[str, Json]:
    if isinstance(value, Client):
        return _object({**value.fields, "line": value.line})
    if isinstance(value, Mapping):
        pairs = value.items()
    elif is_dataclass(value):
        part: type = type(value)
        pairs = {key: getattr(value, name) for name, key in _shown(part)}.items()
    else:
        raise TypeError(f"{type(value).__name__} has no place in the output")
    return {str(key): as_json(item) for key, item in pairs if item is not None}


@cache
def _shown(part: type) -> tuple[tuple[str, str], ...]:
    """The fields of a dataclass that belong to the contract, and their keys."""
    return tuple((at.name, at.name.rstrip("_")) for at in fields(part) if not at.metadata.get("internal"))


def _escaped(match: re.Match[str]) -> str:
    """A JSON escape for a character that would act on a terminal (json.dumps itself escapes only C0)."""
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))

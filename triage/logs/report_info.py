"""INFO and CONFIG DEBUG of a report, as sections of typed values."""

from collections.abc import Mapping, Sequence

from triage.logs.report_parts import Part, ReportToken
from triage.patterns import compiled

InfoValue = int | float | str
Info = Mapping[str, Mapping[str, InfoValue]]

_UNMARKED = ("bare_stack", "headless", "head", "stack")
"""Parts in which INFO stands whose marker is lost, or which has none (Redis up to 2.4.3)."""
_FEWEST_FIELDS = 5
_INTEGER = compiled(r"-?(?:0|[1-9]\d{0,19})")
_FRACTION = compiled(r"-?\d{1,20}\.\d{1,20}")
_TEXT_KEYS = frozenset({"redis_git_sha1", "redis_build_id", "run_id", "master_replid", "master_replid2"})
"""Identifiers that may happen to consist of digits only."""


def read_info(parts: Sequence[Part]) -> Info | None:
    """Section to key to value of the first INFO OUTPUT that holds any field.

    Keys before the first section title (Redis up to 2.4 has none) stand under ``Server``. Up to 3.0 the first line
    has a prefix, up to 2.4.3 the text stands right under the headline.
    """
    marked = (part for part in parts if part.name == "info")
    unmarked = (part for part in parts if part.name in _UNMARKED and _fields(part) >= _FEWEST_FIELDS)
    return next((info for part in (*marked, *unmarked) if (info := _sections(part.tokens))), None)


def _fields(part: Part) -> int:
    return sum(token.kind == "INFO_FIELD" and token.prefix is None for token in part.tokens)


def read_config(parts: Sequence[Part]) -> Mapping[str, str] | None:
    """Name to value of CONFIG DEBUG OUTPUT."""
    for part in parts:
        if part.name == "config":
            fields = [t.fields for t in part.tokens if t.kind == "CONFIG_FIELD" and t.prefix is None]
            if fields:
                return {field["name"]: field["value"] for field in fields}
    return None


def _sections(tokens: Sequence[ReportToken]) -> dict[str, dict[str, InfoValue]]:
    info: dict[str, dict[str, InfoValue]] = {}
    section = "Server"
    for token in tokens:
        if token.kind == "INFO_SECTION":
            section = token.fields["section"].rstrip()
        elif token.kind == "INFO_FIELD" and (token.prefix is None or token is tokens[1]):
            key = token.fields["key"]
            keys = info.setdefault(section, {})
            keys[free_key(keys, key)] = typed(key, token.fields["value"])
    return info


def free_key(keys: Mapping[str, InfoValue], key: str) -> str:
    """``module`` stands once per module: the second becomes ``module#2``."""
    if key not in keys:
        return key
    number = 2
    while f"{key}#{number}" in keys:
        number += 1
    return f"{key}#{number}"


def typed(key: str, text: str) -> InfoValue:
    """A field's value: a number where it is one, unless the field is an identifier."""
    if key in _TEXT_KEYS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FRACTION.fullmatch(text):
        return float(text)
    return text

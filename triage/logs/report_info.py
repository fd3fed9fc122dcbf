"""INFO and CONFIG DEBUG of a report, as sections of typed values."""

import re
from collections.abc import Mapping, Sequence

from triage.logs.report_parts import Part, ReportToken

InfoValue = int | float | str
Info = Mapping[str, Mapping[str, InfoValue]]

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,19})")
_FRACTION = re.compile(r"-?\d{1,20}\.\d{1,20}")
_TEXT_KEYS = frozenset({"redis_git_sha1", "redis_build_id", "run_id", "master_replid", "master_replid2"})
"""Identifiers that may happen to consist of digits only."""


def read_info(parts: Sequence[Part]) -> Info | None:
    """Section to key to value of the first INFO OUTPUT that holds any field.

    Keys before the first section title (Redis up to 2.4 has none) stand under ``Server``.
    """
    for part in parts:
        if part.name == "info":
            info = _sections(part.tokens)
            if info:
                return info
    return None


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
        elif token.kind == "INFO_FIELD" and token.prefix is None:
            key = token.fields["key"]
            keys = info.setdefault(section, {})
            keys[_free_key(keys, key)] = _value(key, token.fields["value"])
    return info


def _free_key(keys: Mapping[str, InfoValue], key: str) -> str:
    """``module`` stands once per module: the second becomes ``module#2``."""
    if key not in keys:
        return key
    number = 2
    while f"{key}#{number}" in keys:
        number += 1
    return f"{key}#{number}"


def _value(key: str, text: str) -> InfoValue:
    if key in _TEXT_KEYS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FRACTION.fullmatch(text):
        return float(text)
    return text

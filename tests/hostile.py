"""Hostile text, and an analysis in which every string that an input can fill is such text."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

from triage.model import Finding, Input, Series

TEXTS = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"><img src=x onerror=alert(1)> '><b x='",
    "style": "</style><style>*{color:red}</style>",
    "comment": "--><!-- <![CDATA[ ]]> &lt;b&gt; &amp;",
    "template": "{{ 7*7 }} {% raw %} ${7*7}",
    "backticks": "``` `a` ```` ~~~ ``",
    "terminal": "\x1b]0;pwned\x07\x1b[31mred\x1b[2J \x9b1m\x7f\x00",
    "table": "a | b || |---|---| \\| c",
    "lines": "one\ntwo\r\n# three\n- four\n\n    five\u2028six\x85seven",
    "markdown": "[x](https://evil.example) ![i](http://evil.example/x.png) <https://evil.example> **b** _i_ # h",
    "mentions": "@everyone #1 user@evil.example www.evil.example https://evil.example/a javascript:alert(1) $x$",
    "bidi": "\u202eevil\u2066 \u200b\ufeff\u061c \U000e0041 \ud800",
    "heading": "# Heading",
    "setext": "===\n---\n1. one\n> quote\n+ plus",
    "long": "A" * 5000,
}
_KEPT = {Finding: ("id",), Input: ("kind",), Series: ("id",)}


def poisoned(value: Any, poison: Callable[[str], str]) -> Any:
    """``value`` with every string replaced by ``poison(string)``; enumerations and what finds a section stay."""
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return poison(value)
    if isinstance(value, list | tuple):
        return type(value)(poisoned(item, poison) for item in value)
    if isinstance(value, Mapping):
        return {key: poisoned(item, poison) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        kept = _KEPT.get(type(value), ())
        changed = {f.name: poisoned(getattr(value, f.name), poison) for f in fields(value) if f.name not in kept}
        return replace(value, **changed)
    return value


def tamed(text: str) -> str:
    """Harmless text of the same length with the same line breaks."""
    return "".join(char if len(f"a{char}b".splitlines()) > 1 else "x" for char in text)

"""One spelling for names that compilers, forks and builds write differently."""

import re
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath

from triage.patterns import compiled
from triage.resources import toml_table
from triage.signature.plain_names import plain_name

NAME_LIMIT = 256
"""Longer names come from damaged input; what is behind this many characters is not compared."""
TEXT_LIMIT = 160

_COMPILER_SUFFIX = compiled(r"\.(?:part|constprop|isra|cold|lto_priv|localalias|llvm|clone)(?![A-Za-z_])")
_CLONE_NOTE = compiled(r" ?\[clone [^\]]*\]")
_WINDOWS_IMAGE = compiled(r"^[\w.-]{1,64}\.(?:exe|dll)!", re.IGNORECASE)
_LIBC_ALIAS = ("__GI_", "IA__")
"""Prefixes under which the C library and GLib call their own exported functions."""
_MASKS = (
    (compiled(r"(?<![^\s'\"])/[^\s:;'\"]+"), "/…"),
    (compiled(r"(?<!\w)'[^']*'(?!\w)"), "'…'"),
    (compiled(r'"[^"]*"'), '"…"'),
    (compiled(r"\b0[xX][0-9a-fA-F]+\b"), "#"),
    (compiled(r"\b(?=[a-f]*[0-9])[0-9a-f]{16,}\b"), "#"),
    (compiled(r"\d+"), "#"),
)


@cache
def _tables() -> dict[str, dict[str, str]]:
    return toml_table(Path(__file__).with_name("names.toml"))


@lru_cache(maxsize=4096)
def function_name(printed: str) -> str:
    """The function without compiler suffix, symbol version, C++ arguments and Rust hash, in Valkey's spelling."""
    name = _CLONE_NOTE.sub("", printed[:NAME_LIMIT]).partition("@")[0]
    name = _WINDOWS_IMAGE.sub("", name)
    suffix = _COMPILER_SUFFIX.search(name)
    if suffix:
        name = name[: suffix.start()]
    for alias in _LIBC_ALIAS:
        name = name.removeprefix(alias)
    name = plain_name(name)
    tables = _tables()
    if name in tables["functions"]:
        return tables["functions"][name]
    for old, new in tables["prefixes"].items():
        if name.startswith(old):
            name = new + name.removeprefix(old)
            break
    return _replace_all(name, tables["words"])


def file_name(printed: str) -> str:
    """The source file without its directory, in one spelling for both forks."""
    base = PurePosixPath(printed[:NAME_LIMIT]).name
    return _tables()["files"].get(base, base)


def expression_text(printed: str) -> str:
    """An asserted expression on one line with single blanks, renamed fields in Valkey's spelling."""
    text = " ".join(printed.split())[:TEXT_LIMIT]
    tables = _tables()
    return _replace_all(_replace_all(text, tables["expressions"]), tables["words"])


def message_text(printed: str) -> str:
    """A message with quoted text, hex and numbers masked, so that two crashes of one kind read alike."""
    text = printed[: 4 * TEXT_LIMIT]
    for mask, mark in _MASKS:
        text = mask.sub(mark, text)
    return " ".join(text.split())[:TEXT_LIMIT]


def _replace_all(text: str, table: dict[str, str]) -> str:
    for old, new in table.items():
        text = text.replace(old, new)
    return text

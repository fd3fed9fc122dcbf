"""Readable names for C++ and Rust functions, as debuggers show them: qualified, without parameters."""

import re
from collections import Counter
from functools import lru_cache
from math import prod

from triage.patterns import compiled

MOST_MANGLED = 4096
"""Longer names are left as they are."""

MOST_GROWTH = 100_000
"""A name may refer back to its own parts; some that refer to what refers back twice would fill any memory."""

_BACK_REFERENCE = compiled(r"[ST][0-9A-Z]{0,12}_|B[0-9A-Za-z]{0,12}_")
_CLONE = compiled(r"\.(?:cold|part|constprop|isra|lto_priv|localalias|llvm|clone)\b.*", re.DOTALL)
"""What compilers append to the mangled name of a clone; Rust's older names have dots of their own."""
_MANGLED = ("_Z", "_R", "__Z")
_AFTER_PARAMETERS = (" const", " volatile", " &&", " &", " noexcept")
_PAIRS = {")": "(", ">": "<", "]": "[", "}": "{"}


def is_mangled(name: str) -> bool:
    """Whether ``name`` is one that a C++ or Rust compiler made up."""
    return name.startswith(_MANGLED)


@lru_cache(maxsize=4096)
def demangled(name: str) -> str:
    """The function's qualified name; ``name`` itself if it is not mangled, or not well."""
    if not is_mangled(name) or len(name) > MOST_MANGLED or _growth(name) > MOST_GROWTH:
        return name
    from pydemumble import demangle

    base = _CLONE.sub("", name)
    full = demangle(base)
    return f"{without_parameters(full)}{name[len(base) :]}" if full else name


def _growth(name: str) -> int:
    """A bound for how often a part of the name can come up in what it stands for."""
    return prod(Counter(_BACK_REFERENCE.findall(name)).values())


def without_parameters(signature: str) -> str:
    """``ns::f<int>`` of ``void ns::f<int>(char const*) const``."""
    text = signature
    while suffix := next((end for end in _AFTER_PARAMETERS if text.endswith(end)), None):
        text = text.removesuffix(suffix)
    if text.endswith(")"):
        opening = _opening(text, len(text) - 1)
        # "(anonymous namespace)" is no list of parameters: there is nothing before it, or a colon.
        if opening > 0 and text[opening - 1] not in ":( ":
            text = text[:opening]
    return _without_return_type(text)


def _opening(text: str, closing: int) -> int:
    """Where the bracket stands that the one at ``closing`` closes; -1 if nowhere."""
    depth = 0
    for at in range(closing, -1, -1):
        if text[at] == ")":
            depth += 1
        elif text[at] == "(":
            depth -= 1
            if not depth:
                return at
    return -1


def _without_return_type(text: str) -> str:
    """Templates carry their return type before a blank that stands in no brackets."""
    if "operator" in text:
        head, operator, tail = text.partition("operator")
        return _last_word(head) + operator + tail
    return _last_word(text)


def _last_word(text: str) -> str:
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        if text[at] in _PAIRS:
            depth += 1
        elif text[at] in _PAIRS.values():
            depth -= 1
        elif text[at] == " " and not depth:
            return text[at + 1 :]
    return text

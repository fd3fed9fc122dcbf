"""C++ and Rust function names without what a rebuild changes: arguments, template arguments, hashes, numbers."""

from triage.patterns import compiled

_LENGTH_PREFIXED = compiled(r"(\d{1,3})")
_QUALIFIERS = compiled(r"[rVKRO]*")
_RUST_HASH = compiled(r"(::)?h[0-9a-f]{16}")
_ANONYMOUS = "{anonymous}"
_LAMBDA = compiled(r"\{lambda\([^{}]{0,200}\)#\d+\}|\$_\d+|\{\{?closure(#\d+|\}\}|\})[}]*")
_OPERATOR = compiled(r"operator ?(\(\)|\[\]|->\*?|<=>|<<=?|>>=?|[<>]=?)")
_TRAIT = compiled(r"^<([^<>]{1,200}) as [^<>]{1,200}>")
_SYMBOLS = {"()": "call", "[]": "index", "->": "arrow", "->*": "arrow", "<=>": "compare"}
_RUST_ESCAPES = {"$LT$": "<", "$GT$": ">", "$u20$": " ", "$RF$": "&", "$C$": ",", "..": "::"}


def plain_name(name: str) -> str:
    """``name`` in short: a mangled name's path of names, or a demangled one's without arguments and return type.

    Only plain nested names are demangled (``_ZN4core6option13unwrap_failed17h…E``, ``_Z3fooP3bar``), which is what
    Rust writes for every function and C++ for most; any other mangled name stays as it is.
    """
    if name.startswith(("_ZN", "_Z", "__ZN")):
        return _demangled(name.removeprefix("_") if name.startswith("__Z") else name)
    if "::" in name or "(" in name or "<" in name:
        return _without_arguments(name)
    return name


def _demangled(name: str) -> str:
    at, nested = (3, True) if name.startswith("_ZN") else (2, False)
    if nested and (qualifiers := _QUALIFIERS.match(name, at)):
        at = qualifiers.end()
    parts: list[str] = []
    while (length := _LENGTH_PREFIXED.match(name, at)) and (nested or not parts):
        start = length.end()
        at = start + int(length.group())
        parts.append(name[start:at])
    if not parts or at > len(name):
        return name
    if len(parts) > 1 and _RUST_HASH.fullmatch(parts[-1]):
        parts.pop()
    return _without_arguments("::".join(_unescaped(part) for part in parts))


def _unescaped(part: str) -> str:
    if part.startswith("_GLOBAL__N_"):
        return _ANONYMOUS
    for escape, text in _RUST_ESCAPES.items():
        part = part.replace(escape, text)
    return part.removeprefix("_") if part.startswith("_<") else part


def _without_arguments(name: str) -> str:
    name = _TRAIT.sub(r"\1", name.replace("(anonymous namespace)", _ANONYMOUS))
    name = _OPERATOR.sub(lambda found: f"operator-{_SYMBOLS.get(found.group(1), 'shift-or-compare')}", name)
    name = _LAMBDA.sub("{lambda}", name)
    name = _outside_brackets(name).partition("(")[0].rstrip()
    name = _RUST_HASH.sub("", name) if name.startswith("<") or "::" in name else name
    return name.rpartition(" ")[2] or name


def _outside_brackets(name: str) -> str:
    """``name`` with every outermost ``<…>`` reduced to ``<T>``; one that is never closed is cut off."""
    kept: list[str] = []
    depth = 0
    for letter in name:
        if letter == "<":
            kept.append("<T>" if depth == 0 else "")
            depth += 1
        elif letter == ">" and depth:
            depth -= 1
        elif depth == 0:
            kept.append(letter)
    return "".join(kept)

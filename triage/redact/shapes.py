"""Private values that their shape gives away, in whatever text they stand."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from triage.patterns import compiled
from triage.redact.addresses import parsed
from triage.redact.pseudonyms import Kind
from triage.redact.rules import words

_URL_LOGIN = r"\b[a-z][a-z0-9+.\-]{1,20}://(?P<secret>[^\s/@'\"]{1,400})@"
_MAIL = r"(?<![\w.+\-])(?P<mail>[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,6})"
_IPV4 = r"(?<![\w.])(?P<address>\d{1,3}(?:\.\d{1,3}){3})(?![\w]|\.\d)"
_IPV6 = r"(?<![\w:.])(?P<address>(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]{0,15}(?:%\w{1,16})?)(?![\w:])"
_NODE = r"(?<![0-9A-Za-z])(?P<node>(?!0{40})[0-9a-f]{40})(?![0-9A-Za-z])"
_DIGEST = r"(?<![0-9A-Za-z])(?P<secret>[0-9a-fA-F]{64})(?![0-9A-Za-z])"
_TOKEN = (
    r"(?<![\w\-])(?P<secret>eyJ[\w\-]{8,}\.[\w\-]+\.[\w\-]*|gh[pousr]_\w{16,}|github_pat_\w{16,}|xox[abposr]-[\w\-]{8,}"
    r"|AKIA[0-9A-Z]{12,}|sk-[\w\-]{16,}|glpat-[\w\-]{16,}|hvs\.\w{16,})"
)
_HOST = r"(?<![\w.\-])(?P<host>(?:[A-Za-z0-9_](?:[\w\-]{0,62})\.){1,8}[A-Za-z]{2,24})(?![\w\-(]|\.[\w])"
_MODULE = compiled(
    r"(?:lib[\w+\-]*|ld-[\w\-]+)(?:\.so(?:\.\d\w*)*(?:\.[a-z]\w{0,3})?|(?:\.\d+)+\.(?:os?|so?))", re.IGNORECASE
)
"""``libc.so.6`` as torn lines have it, with what stood behind it or in another order: ``libc.6.os``."""
_CARD = r"(?<![\w.:\-])(?P<secret>(?:\d{4}[ \-]){3}\d{4})(?![\w.:\-])"
_PHONE = r"(?<![\w.:])(?P<secret>\+\d{1,3}[ \-/]\(?\d{2,5}\)?[ \-/]?\d[\d \-]{3,12}\d)(?![\w.:])"
_WINDOWS_HOME = r"[Uu]sers\\(?P<user>[^\\\s:]+)"


_IN_TOKENS = compiled("eyJ|gh[pousr]_|github_pat_|xox[abposr]-|AKIA|sk-|glpat-|hvs\\.")
_LENGTH_OF_NODE = 40


class _Shape(NamedTuple):
    """A shape, and what a text must have to hold it: a length, a piece, something that ``hint`` finds."""

    expression: str
    least: int
    piece: str
    hint: re.Pattern[str] | None = None


_SHAPES = (
    _Shape(_URL_LOGIN, 6, "://"),
    _Shape(_MAIL, 5, "@"),
    _Shape(_IPV4, 7, ".", compiled(r"\.\d{1,3}\.\d")),
    # Eight groups or a gap: the time of day in front of a log line has neither.
    _Shape(_IPV6, 2, ":", compiled(":(?::|(?:[0-9A-Fa-f]{1,4}:){5})")),
    _Shape(_NODE, _LENGTH_OF_NODE, "", compiled("[0-9a-f]{40}")),
    _Shape(_DIGEST, 64, "", compiled("[0-9a-fA-F]{64}")),
    _Shape(_TOKEN, 13, "", _IN_TOKENS),
    _Shape(_HOST, 4, ".", compiled(r"\.[A-Za-z]")),
    _Shape(_CARD, 19, "", compiled(r"[ \-]\d{4}[ \-]\d{4}")),
    _Shape(_PHONE, 10, "+", compiled(r"\+\d")),
    _Shape(_WINDOWS_HOME, 5, "sers\\"),
)
"""All of it is found sooner than the shape itself, and most texts hold few shapes."""


def is_mere_name(text: str) -> bool:
    """Whether a text is one name as code has them, too short for an id and no token: it holds no shape."""
    return text.isidentifier() and len(text) < _LENGTH_OF_NODE and not _IN_TOKENS.search(text)


class Found(NamedTuple):
    """``text[start:end]`` is a value of this kind."""

    start: int
    end: int
    kind: Kind


def shapes(text: str) -> Iterator[Found]:
    """Every value that its shape gives away; they may overlap."""
    size = len(text)
    for shape in _SHAPES:
        if size < shape.least or shape.piece not in text or (shape.hint and not shape.hint.search(text)):
            continue
        for match in compiled(shape.expression).finditer(text):
            name, value = match.lastgroup or "", match[1]
            if (name == "address" and parsed(value) is None) or (name == "host" and not _is_host(value)):
                continue
            yield Found(match.start(1), match.end(1), Kind(name))


def _is_host(name: str) -> bool:
    """Whether a dotted name is a host's: not a file, not a setting such as ``server.tls``, not a public site."""
    if _MODULE.fullmatch(name):
        return False
    lower = name.lower()
    parts = lower.split(".")
    sites = words("hosts", "public_sites")
    if parts[-1] in words("hosts", "not_ends") or any(lower == site or lower.endswith(f".{site}") for site in sites):
        return False
    return (
        len(parts) > 2 or any(char.isdigit() or char == "-" for char in lower) or parts[-1] in words("hosts", "ends")
    )

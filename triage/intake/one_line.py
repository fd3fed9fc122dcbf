"""Text that came without line ends of its own: an old Mac's returns, one line of JSON, a string with ``\\n``."""

import re
from collections.abc import Iterable, Iterator

from triage.intake.wrappers import server_line
from triage.patterns import compiled

# Returns before a newline are a program's that translated CR LF once more.
_RETURNS = compiled(rb"\r++(?!\n)")
_MOST_RETURNS = 64
# Elements of a list: objects, lists or strings.
_LIST = compiled(rb"\}\s{0,9},\s{0,9}\{|\]\s{0,9},\s{0,9}\[|\A\s{0,9}\[\s{0,9}\"")
_TOKEN = compiled(
    rb'(?P<text>"(?:[^"\\]|\\.)*+")|(?P<cut>"(?:[^"\\]|\\.)*+\\?\Z)|(?P<empty>\[\s*+\]|\{\s*+\})'
    rb"|(?P<waits>[\[{]\s*+\Z)|(?P<begin>[\[{,])|(?P<end>[\]}])|(?P<blank>\s++)|[^\"\[\]{},\s]++",
    re.DOTALL,
)
_ESCAPE = compiled(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CUT_ESCAPE = compiled(rb"(?<!\\)(?:\\\\)*+(\\(?:u[0-9a-fA-F]{0,3})?)\Z")
_LONGEST_ESCAPE = 6
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def has_returns(head: bytes) -> bool:
    """Whether returns (CR) end lines: all of them, or some between others."""
    if b"\r" not in head:
        return False
    begins = server_line().match
    return any(begins(head, match.end()) for match in _RETURNS.finditer(head))


def returns_as_newlines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text with a newline for every return that stands before none."""
    rest = b""
    for block in blocks:
        data = rest + block
        whole = data.rstrip(b"\r")
        rest = data[len(whole) :][:_MOST_RETURNS]
        yield _RETURNS.sub(_newlines, whole)
    yield _RETURNS.sub(_newlines, rest)


def _newlines(returns: "re.Match[bytes]") -> bytes:
    return b"\n" * len(returns[0])


def is_one_line_of_json(head: bytes) -> bool:
    """Whether all is one line of JSON with a list of things in it."""
    text = head.strip()
    return text[:1] in (b"[", b"{") and b"\n" not in text and _LIST.search(text) is not None


def laid_out(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """JSON with every value on a line of its own, the lines that ``jq .`` prints but for their indentation."""
    rest, inside = b"", False
    for block in blocks:
        # What was cut inside a string goes on as if another began.
        data = (b'"' if inside else b"") + rest + block
        parts, rest, inside_before, inside = [], b"", inside, False
        for match in _TOKEN.finditer(data):
            token, kind = match[0], match.lastgroup
            if kind == "waits":
                rest = token
            elif kind == "cut":
                rest, inside = (b"\\" if _ends_in_escape(token) else b""), True
                parts.append(token.removesuffix(rest))
            elif kind != "blank":
                parts.append(b"\n" + token if kind == "end" else token + b"\n" if kind == "begin" else token)
        yield b"".join(parts)[inside_before:]
    yield rest


def _ends_in_escape(token: bytes) -> bool:
    return (len(token) - len(token.rstrip(b"\\"))) % 2 == 1


def is_escaped(head: bytes) -> bool:
    """Whether all is one line in which ``\\n`` stands for a newline, as in a string copied out of JSON."""
    if b"\n" in head.strip() or b"\\n" not in head:
        return False
    begins = server_line().match
    return any(begins(head, match.end()) for match in re.finditer(rb"\\n", head))


def unescaped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The text of a string as it is written in JSON."""
    rest = b""
    for block in blocks:
        data = rest + block
        cut = _CUT_ESCAPE.search(data, max(0, len(data) - 4 * _LONGEST_ESCAPE))
        whole = data[: cut.start(1)] if cut else data
        rest = data[len(whole) :]
        yield _ESCAPE.sub(_character, whole)
    yield rest


def _character(match: "re.Match[bytes]") -> bytes:
    if match[1]:
        return chr(int(match[1], 16)).encode("utf-8", "surrogatepass")
    return _CONTROLS.get(match[2], match[2])

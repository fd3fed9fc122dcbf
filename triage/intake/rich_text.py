"""Rich text (RTF): what a log becomes that somebody saved with a word processor."""

import re
from collections.abc import Iterable, Iterator

from triage.patterns import compiled

_MARK = b"{\\rtf"
_TOKEN = compiled(
    rb"\\'(?P<byte>[0-9a-fA-F]{2})|\\u(?P<char>-?\d{1,6}) ?(?:\\'[0-9a-fA-F]{2}|[^\\{}\r\n])?"
    rb"|\\(?P<word>[a-z]{1,32})-?\d{0,10} ?|\\(?P<symbol>[^a-z])|(?P<begin>\{)|(?P<end>\})|[\r\n]+"
    rb"|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
_LONGEST_TOKEN = 64
"""Of all but text, which may be cut anywhere."""
_WORDS = {b"par": b"\n", b"line": b"\n", b"tab": b"\t", b"emdash": b"--", b"endash": b"-", b"bullet": b"*"}
_SYMBOLS = {b"\n": b"\n", b"\r": b"\n", b"~": b" ", b"_": b"-", b"-": b"", b"*": b""}
_HIDDEN = frozenset((b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"header", b"footer", b"listtable"))


def is_rich_text(head: bytes) -> bool:
    """Whether a file begins as rich text."""
    return head.lstrip().startswith(_MARK)


def plain_text(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The text alone: without fonts, colours and styles."""
    reader, rest = _Reader(), b""
    for block in blocks:
        data = rest + block
        cut = data.rfind(b"\\", max(0, len(data) - _LONGEST_TOKEN))
        # Of two backslashes the first escapes the second.
        while cut > max(0, len(data) - 2 * _LONGEST_TOKEN) and data[cut - 1 : cut] == b"\\":
            cut -= 1
        rest = data[cut:] if cut >= 0 else b""
        yield reader.read(data[: len(data) - len(rest)])
    yield reader.read(rest)


class _Reader:
    """Where in the groups of the text the reading is."""

    def __init__(self) -> None:
        self._depth = 0
        self._hidden_from: int | None = None

    def read(self, data: bytes) -> bytes:
        """The text in the next tokens."""
        return b"".join(map(self._text_of, _TOKEN.finditer(data)))

    def _text_of(self, match: "re.Match[bytes]") -> bytes:
        kind, token = match.lastgroup, match[match.lastgroup or 0]
        if kind == "begin":
            self._depth += 1
        elif kind == "end":
            if self._hidden_from == self._depth:
                self._hidden_from = None
            self._depth -= 1
        elif self._hidden_from is None and (token in _HIDDEN or (kind == "symbol" and token == b"*")):
            self._hidden_from = self._depth
        if self._hidden_from is not None or kind is None:
            return b""
        return _written(kind, token)


def _written(kind: str, token: bytes) -> bytes:
    if kind == "byte":
        return bytes.fromhex(token.decode()).decode("cp1252", "replace").encode()
    if kind == "char":
        return chr(int(token) % 0x10000).encode("utf-8", "surrogatepass")
    if kind == "word":
        return _WORDS.get(token, b"")
    return _SYMBOLS.get(token, token) if kind == "symbol" else token if kind == "text" else b""

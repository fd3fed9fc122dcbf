"""Undoes what terminals, editors, mailers and issue trackers do to a pasted log."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from triage.intake.chunk import Chunk
from triage.intake.layers import Layer, change_layer, prefix_layer

_ANSI = re.compile(rb"\x1b\[[0-9;?]{0,32}[A-Za-z]")
# Markdown's escapes, where they stand before what the server writes; user data keeps its backslashes elsewhere.
_ESCAPED_LEVEL = re.compile(rb"\\(?:(?<=\d \\)[.\-*#] |(?<=\n\\)(?:[=\-*]{1,6}|[#|] )|(?<=\)\\)\[0x[0-9a-f]{1,16})")
_ESCAPE = re.compile(rb"\\([#*_\-=<>\[\]()|.~])")
_BOLD = re.compile(rb"^\*\*(?=\S)|(?<=\S)\*\*(?=\r?$)", re.MULTILINE)
_BOLD_LINE = re.compile(rb"^\*\*(?:\d{1,10}:[A-Z] |=== |------ )", re.MULTILINE)
# What a server writes with such characters: `==> file`, `(address) -> word`, `PRIMARY <-> REPLICA`, quotes of logfmt
# and of CONFIG DEBUG OUTPUT, `<no assertion failed>` up to Redis 6.0.
_ESCAPED_WORDS = re.compile(
    rb"(?:==|\) -|&lt;-)&gt;|message=&quot;|&lt;module&gt;|&lt;no (?:assertion|file)|\ndebug-context &quot;"
)
_IN_ESCAPED_WORDS = (b"&lt;", b"&gt;", b"&quot;")
_ENTITY = re.compile(rb"&(lt|gt|amp|quot|#39|#x27|nbsp|#35);")
_ENTITIES = {
    b"lt": b"<",
    b"gt": b">",
    b"amp": b"&",
    b"quot": b'"',
    b"#39": b"'",
    b"#x27": b"'",
    b"nbsp": b" ",
    b"#35": b"#",
}
# Frames of terminal programs (k9s, tmux) that were copied along: U+2500 to U+257F.
_FRAME = re.compile(rb"(?:\xe2[\x94\x95][\x80-\xbf]){1,8}[ \t]{0,40}\r?(?=\n)")
_NO_BREAK = "\u00a0".encode()
_INDENT = re.compile(rb"[ \t]{1,40}")
_ALTERNATING = 0.9
_FEW = 6

Change = Callable[[bytes], bytes]
"""Changes whole lines; none come or go."""


def coloured(data: bytes) -> Layer | None:
    """Terminal colours: they stand before the prefixes of compose and would hide them."""
    if b"\x1b[" not in data:
        return None
    return change_layer("colours", lambda lines: _ANSI.sub(b"", lines), wraps=False)


def marked_up(data: bytes) -> Layer | None:
    """What Markdown and HTML put before or around characters of the server's own lines."""
    changes: list[Change] = []
    if b"\r\r\n" in data:
        # A program that writes text translated line ends that were CR LF already.
        changes.append(lambda lines: lines.replace(b"\r\r\n", b"\r\n"))
    if _NO_BREAK in data:
        changes.append(lambda lines: lines.replace(_NO_BREAK, b" "))
    if any(entity in data for entity in _IN_ESCAPED_WORDS) and _ESCAPED_WORDS.search(data):
        changes.append(lambda lines: _ENTITY.sub(lambda match: _ENTITIES[match[1]], lines))
    if b"\\" in data and _ESCAPED_LEVEL.search(data):
        changes.append(lambda lines: _ESCAPE.sub(rb"\1", lines))
    if b"**" in data and _BOLD_LINE.search(data):
        changes.append(lambda lines: _BOLD.sub(b"", lines))
    if b"\xe2\x94" in data and _FRAME.search(data):
        changes.append(_without_frame)
    return change_layer("markup", _in_turn(changes), wraps=False) if changes else None


def indented(lines: Sequence[bytes], telling: Sequence[bytes]) -> Layer | None:
    """The indentation that most lines share, if the ``telling`` lines (of a server, surely) have it."""
    starts = Counter(match[0] for line in telling if (match := _INDENT.match(line)))
    if not starts:
        return None
    indent, _ = starts.most_common(1)[0]
    filled = [line for line in lines if line.strip()]
    if 2 * sum(line.startswith(indent) for line in filled) < len(filled):
        return None
    return prefix_layer("indentation", re.compile(re.escape(indent)), wraps=False)


def doubled(lines: Sequence[bytes]) -> Layer | None:
    """A blank line behind every line."""
    filled = sum(bool(line.strip()) for line in lines)
    followed = sum(bool(line.strip()) and not after.strip() for line, after in pairwise(lines))
    return Layer(None, _Halver, "blank lines") if filled >= _FEW and followed >= _ALTERNATING * filled else None


@dataclass(slots=True)
class _Halver:
    """Drops one blank line behind every line; what more of them stand there are the server's."""

    _owed: bool = False

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The lines without the blank that follows each."""
        kept: list[bytes] = []
        rows: list[int] = []
        for row, line in enumerate(chunk.lines()):
            if self._owed and not line.strip():
                self._owed = False
                continue
            self._owed = True
            kept.append(line)
            rows.append(row)
        yield b"", Chunk.of_payloads(kept, chunk.numbers[np.array(rows, dtype=np.int64)])

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """Nothing ever waits."""
        return iter(())


def _without_frame(lines: bytes) -> bytes:
    return b"\n".join(line.rstrip(b" \t") for line in _FRAME.sub(b"", lines).split(b"\n"))


def _in_turn(changes: Sequence[Change]) -> Change:
    def change(lines: bytes) -> bytes:
        for one in changes:
            lines = one(lines)
        return lines

    return change

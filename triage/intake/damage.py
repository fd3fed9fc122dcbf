"""Undoes what terminals, editors, mailers and issue trackers do to a pasted log."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from operator import eq

import numpy as np

from triage.intake.chunk import Chunk
from triage.intake.layers import Layer, change_layer, prefix_layer
from triage.intake.wrappers import server_line
from triage.patterns import compiled
from triage.records import dataclass

# Colours and movements, then titles of windows, as `script` records them.
_ANSI = compiled(rb"\x1b\[[0-9;?]{0,32}[A-Za-z]|\x1b\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\)")
# Markdown's escapes, where they stand before what the server writes; user data keeps its backslashes elsewhere.
_ESCAPED_LEVEL = compiled(
    rb"\\(?:(?<=\d \\)[.\-*#] |(?<=\n\\)(?:[=\-*]{1,6}|[#|] |\[\d{1,10}\\?\] \d\d )|(?<=\)\\)\[0x[0-9a-f]{1,16}"
    rb"|(?<=si\\)_code: |(?<=[sy]\\)_version:|(?<=x86\\)_64|(?<=[a-z(]\\)_[\w\\]{1,80}(?:\+0x|\.c:\d)"
    rb"|_[^\n]{1,200}' is not true|(?<=-server \\)\*(?=\r?\n))"
)
_ESCAPE = compiled(rb"\\([#*_\-=<>\[\]()|.~])")
_BOLD = compiled(rb"^\*\*(?=\S)|(?<=\S)\*\*(?=\r?$)", re.MULTILINE)
_BOLD_LINE = compiled(rb"\n\*\*(?:\d{1,10}:[A-Z] |=== |------ )")
# What a server writes with such characters: `==> file`, `(address) -> word`, `PRIMARY <-> REPLICA`, quotes of logfmt
# and of CONFIG DEBUG OUTPUT, `<no assertion failed>` up to Redis 6.0.
_ESCAPED_WORDS = compiled(
    rb"(?:==|\) -|&lt;-)&gt;|message=&quot;|&lt;module&gt;|&lt;no (?:assertion|file)"
    rb"|Meditation: &quot;|&#(?:39|x27); is not true|\ndebug-context &quot;"
)
_IN_ESCAPED_WORDS = (b"&lt;", b"&gt;", b"&quot;")
_ENTITY = compiled(rb"&(lt|gt|amp|quot|#39|#x27|nbsp|#35);")
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
_FRAME = compiled(rb"(?:\xe2[\x94\x95][\x80-\xbf]){1,8}[ \t]{0,40}\r?(?=\n)")
_NO_BREAK = "\u00a0".encode()
_FENCES = (b"```", b"<pre", b"</pre>", b"{noformat", b"{code")
_FENCE = rb"(?:```|<pre(?: [^>\n]{0,200})?>(?:<code(?: [^>\n]{0,200})?>)?|\{noformat\}|\{code(?::[^}\n]{0,200})?\})"
_CLOSED = compiled(rb"(?<=[^\s`])(?:```|(?:</code>)?</pre>|\{noformat\}|\{code\})(?=\r?$)", re.MULTILINE)
# Word processors join hyphens to dashes and bend quotes.
_DASHES = compiled(
    rb"^(?:\xe2\x80[\x93\x94]){2,6}(?= [A-Z])|(?<=[A-Z] )(?:\xe2\x80[\x93\x94]){2,6}(?=\s?$)", re.MULTILINE
)
_BENT = compiled(rb"==> \S{1,100} \xe2\x80[\x98\x99]|\xe2\x80[\x98\x99] is not true")
_BENT_QUOTE = compiled(rb"\xe2\x80[\x98\x99]")
# Rows of tables, elements of XML and breaks of HTML end every line.
_CLOSING = compiled(rb"(?:[ \t]{0,40}\||</[A-Za-z][\w:.\-]{0,40}>|<br ?/?>)(?=\r?$)", re.MULTILINE)
_PADDED = 0.5
_INDENT = compiled(rb"[ \t]{1,40}")
_ALTERNATING = 0.9
_FEW = 6

Change = Callable[[bytes], bytes]
"""Changes whole lines; none come or go."""


def coloured(data: bytes) -> Layer | None:
    """Terminal colours: they stand before the prefixes of compose and would hide them."""
    if not _ANSI.search(data):
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
    if b"**" in data and _BOLD_LINE.search(b"\n" + data):
        changes.append(lambda lines: _BOLD.sub(b"", lines))
    if b"\xe2\x94" in data and _FRAME.search(data):
        changes.append(_without_frame)
    if any(fence in data for fence in _FENCES):
        changes += _without_fences(data)
    if b"\xe2\x80" in data:
        changes += _straightened(data)
    if _all_closed(data):
        changes.append(partial(_CLOSING.sub, b""))
    if data.count(b"  \n") + data.count(b"  \r\n") > _PADDED * data.count(b"\n"):
        # Screens and tables are padded with blanks.
        changes.append(lambda lines: b"\n".join(line.rstrip() for line in lines.split(b"\n")))
    return change_layer("markup", _in_turn(changes), wraps=False) if changes else None


def _all_closed(data: bytes) -> bool:
    # The last line may have no end.
    possible = sum(map(data.count, (b"|\n", b">\n", b"|\r\n", b">\r\n"))) + 1
    if possible < _FEW:
        return False
    filled = sum(map(bool, map(bytes.strip, data.split(b"\n"))))
    least = max(_FEW, _ALTERNATING * filled)
    return possible >= least and len(_CLOSING.findall(data)) >= least


def _without_fences(data: bytes) -> list[Change]:
    """Changes for what opens and closes quoted text in the same line as the server's own."""
    opened = compiled(rb"^" + _FENCE + rb"(?=" + server_line().pattern + rb")", re.MULTILINE)
    return [partial(pattern.sub, b"") for pattern in (opened, _CLOSED) if pattern.search(data)]


def _straightened(data: bytes) -> list[Change]:
    changes: list[Change] = [partial(_DASHES.sub, b"------")] if _DASHES.search(data) else []
    return [*changes, partial(_BENT_QUOTE.sub, b"'")] if _BENT.search(data) else changes


def indented(lines: Sequence[bytes], telling: Sequence[bytes], plain: int) -> Layer | None:
    """The indentation that most lines share, if the ``telling`` lines (of a server, surely) have it.

    Around a quoted log there may be more prose than log: it is enough if none of the server's lines is ``plain``.
    """
    starts = Counter(match[0] for line in telling if (match := _INDENT.match(line)))
    if not starts:
        return None
    indent, quoted = starts.most_common(1)[0]
    filled = [line for line in lines if line.strip()]
    most = 2 * sum(line.startswith(indent) for line in filled) >= len(filled)
    if not most and (plain or 2 * quoted < len(telling)):
        return None
    return prefix_layer("indentation", re.compile(re.escape(indent)), wraps=False)


def doubled(lines: Sequence[bytes]) -> Layer | None:
    """A blank line behind every line."""
    filled = sum(bool(line.strip()) for line in lines)
    followed = sum(bool(line.strip()) and not after.strip() for line, after in pairwise(lines))
    return (
        Layer(None, partial(_Halver, _is_blank), "blank lines")
        if filled >= _FEW and followed >= _ALTERNATING * filled
        else None
    )


@dataclass(slots=True)
class _Halver:
    """Drops the line behind every line if it is to go; what more of them stand there are the server's."""

    _goes: Callable[[bytes, bytes], bool]
    _before: bytes | None = None

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The lines that stay."""
        kept: list[bytes] = []
        rows: list[int] = []
        for row, line in enumerate(chunk.lines()):
            if self._before is not None and self._goes(self._before, line):
                self._before = None
                continue
            self._before = line
            kept.append(line)
            rows.append(row)
        yield b"", Chunk.of_payloads(kept, chunk.numbers[np.array(rows, dtype=np.int64)])

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """Nothing ever waits."""
        return iter(())


def repeated(lines: Sequence[bytes]) -> Layer | None:
    """Every line twice, as where two handlers of one logger write into one file."""
    pairs = at = filled = 0
    while at + 1 < len(lines):
        again = lines[at] == lines[at + 1]
        pairs += again
        filled += again and bool(lines[at].strip())
        at += 1 + again
    return (
        Layer(None, partial(_Halver, eq), "repeated lines")
        if filled >= _FEW and 2 * pairs >= _ALTERNATING * len(lines)
        else None
    )


def _is_blank(_: bytes, line: bytes) -> bool:
    return not line.strip()


def _without_frame(lines: bytes) -> bytes:
    return b"\n".join(line.rstrip(b" \t") for line in _FRAME.sub(b"", lines).split(b"\n"))


def _in_turn(changes: Sequence[Change]) -> Change:
    def change(lines: bytes) -> bytes:
        for one in changes:
            lines = one(lines)
        return lines

    return change

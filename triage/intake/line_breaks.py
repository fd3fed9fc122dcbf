"""Joins lines again that a terminal, a mailer or a ticket system broke at a column."""

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import pairwise

import numpy as np

from triage.intake.chunk import LONGEST_LINE, Chunk
from triage.intake.layers import Layer, Piece, Pieces
from triage.intake.wrappers import server_line
from triage.patterns import compiled
from triage.records import dataclass

_NARROWEST, _WIDEST = 60, 400
_FEW = 3
_FEWEST_PIECES, _LONGEST_MENDED = 2, 2000
_MOSTLY = 0.5
_LONGER = 0.02
"""What may be longer than the column: words without a blank, and lines that were added afterwards."""
# What begins a line inside a report, however long the line before it is: frames, clients, INFO, arguments, registers.
_OWN_LINE = compiled(
    rb"/\S|\[0x|id=\d|argv\[\d|[a-z]{2,40}_\w{1,60}:(?! )|#{1,2} |\*\*\* |-{4}|={3}|[A-Z0-9]{2,4}:[0-9a-f]{8}"
    rb"|\d{1,8} \S+(?: \*)? *\Z|(?:EIP|Backtrace):\Z"
)
_WHOLE_FRAME = compiled(rb".*\[0x[0-9a-f]{1,16}\]\Z")
# What a report prints in one line: where only two lines together make one of these, a break stands between them.
_ONE_LINE = compiled(
    rb"(?:.*\([^()\s]*[+-]0x[0-9a-f]{1,16}\) ?\[0x[0-9a-f]{4,16}\]"
    rb"|\d{1,3} +\S{1,80} +0x[0-9a-f]{8,16} \S.* \+ \d{1,10}"
    rb"|.*==> [^\s:]{1,60}\.[a-z]{1,4}:\d{1,6} '.*' is not true"
    rb"|.*[Cc]rashed by signal: \d{1,3}, si_code: -?\d{1,10}"
    rb"|.*Guru Meditation: .* #[^\s:]{1,60}\.[a-z]{1,4}:\d{1,6}"
    rb"|=== \w{2,20} BUG REPORT (?:START: Cut & paste starting from here|END\. Make sure to [a-zA-Z ]{25}\.) ===)\Z"
)
_OPERATOR = rb"(?:[=!<>]=|\|\||&&)"
_BEGINS_WITH_OPERATOR = compiled(_OPERATOR + rb" ")
_ENDS_WITH_OPERATOR = compiled(rb" " + _OPERATOR + rb"\Z")
_CLIENT = compiled(rb"id=\d{1,20} addr=")
_FIELD = compiled(rb" [a-z-]{2,20}=")
_FRAME_BEGUN = compiled(rb".*\+0x[0-9a-f]{1,16}\)\Z")
_ADDRESS = compiled(rb"\[0x[0-9a-f]{1,16}\] *\Z")
_KEYDBS_PID = compiled(rb"\d{1,10}:(?=\d{1,10}:[A-Z] )")
_SOFT_BREAK = compiled(rb"^[^\n]{60,76}=\r?$", re.MULTILINE)


def broken(lines: Sequence[bytes]) -> Layer | None:
    """The layer of lines that were broken at one column, in the middle of words or between them."""
    texts = [line.rstrip(b"\r") for line in lines]
    width = _width(texts)
    if width is None:
        return None
    # Where hardly any line of the server's goes on without a prefix, nothing is broken.
    begun = [pair for pair in pairwise(texts) if _begun(pair[0]) and _may_go_on(*pair)]
    rules: tuple[_Column | _Words, ...] = (_Column(width), _Words(width))
    joined = {rule: sum(rule.joins(line, after) for line, after in begun) for rule in rules}
    # Words end at the column by chance only; broken there, each full line ends at it.
    rule = max(rules, key=lambda rule: rule.weight * joined[rule])
    if joined[rule] > _MOSTLY * len(begun) and sum(rule.joins(*pair) for pair in pairwise(texts)) >= _FEW:
        return _layer(rule)
    mended = {rule: sum(_mends(rule, run) for run in _runs(rule, texts)) for rule in rules}
    rule = max(rules, key=lambda rule: mended[rule])
    return _layer(rule) if mended[rule] else None


def _runs(rule: "_Column | _Words", texts: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Lines of which each goes on with the one before it, by this rule."""
    run: list[bytes] = []
    for text in texts:
        if run and not rule.joins(run[-1], text):
            yield run
            run = []
        run.append(text)
    yield run


def _mends(rule: "_Column | _Words", run: Sequence[bytes]) -> bool:
    """Whether the pieces are one line of a report, which none of them is, or go on with a client that was cut."""
    if len(run) < _FEWEST_PIECES:
        return False
    if _CLIENT.match(run[0]):
        return _FIELD.search(run[1]) is not None
    whole = rule.glue.join(run)
    return len(whole) <= _LONGEST_MENDED and bool(_ONE_LINE.match(whole)) and not _ONE_LINE.match(run[-1])


def _width(texts: Sequence[bytes]) -> int | None:
    """The column that hardly any line of several words goes beyond."""
    columns = sorted(_columns(line) for line in texts if b" " in line.strip())
    if not columns:
        return None
    width = columns[-1 - int(_LONGER * len(columns))]
    return width if _NARROWEST <= width <= _WIDEST else None


def _begun(line: bytes) -> bool:
    """Whether a server's own line begins here; KeyDB writes its pid before its thread's."""
    if server_line().match(line):
        return True
    pid = _KEYDBS_PID.match(line)
    return pid is not None and server_line().match(line, pid.end()) is not None


def _may_go_on(line: bytes, after: bytes) -> bool:
    if not after.strip() or _begun(after) or _OWN_LINE.match(after):
        return False
    # Frames begin with the process title, which may look like any word.
    return not (_WHOLE_FRAME.match(after) and _begun(line))


def quoted_printable(data: bytes) -> Layer | None:
    """What mail programs make of long lines: ``=`` at their ends, and ``=3D`` for every real one."""
    if b"=3D" not in data or len(_SOFT_BREAK.findall(data)) < _FEW:
        return None
    return Layer("quoted-printable", _Unquoter, "quoted-printable")


def _columns(line: bytes) -> int:
    return len(line) if line.isascii() else len(line.decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class _Column:
    """A break wherever the line was full."""

    width: int
    glue: bytes = b""
    weight: int = 2

    def joins(self, line: bytes, after: bytes) -> bool:
        """Whether ``after`` goes on with a line that ended at the column."""
        if _columns(line) != self.width or not after.strip() or _begun(after):
            return False
        return not (_WHOLE_FRAME.match(line) or _CLIENT.match(after) or _between_words(line, after))


@dataclass(frozen=True, slots=True)
class _Words:
    """A break between words, where the next one had no room; the blank is gone."""

    width: int
    glue: bytes = b" "
    weight: int = 1

    def joins(self, line: bytes, after: bytes) -> bool:
        """Whether ``after`` goes on with a line that had no room for its first word."""
        word = after.split(b" ", 1)[0]
        if not word or not line or self.width - _columns(word) > _columns(line) or _WHOLE_FRAME.match(line):
            return False
        if _ADDRESS.match(after) and _FRAME_BEGUN.match(line):
            return True
        return _columns(line) <= self.width and _may_go_on(line, after)


def _between_words(line: bytes, after: bytes) -> bool:
    """Whether a blank is gone beside an operator, of which C has one on either side: a column would have kept it."""
    begins = _BEGINS_WITH_OPERATOR.match(after) and not line.endswith(b" ")
    return bool(begins or (_ENDS_WITH_OPERATOR.search(line) and not after.startswith(b" ")))


def _layer(rule: _Column | _Words) -> Layer:
    return Layer("line-breaks", lambda: _Joiner(rule), "line breaks")


@dataclass(slots=True)
class _Joiner:
    """Keeps the last line of a chunk until the next shows whether it goes on."""

    rule: _Column | _Words
    _parts: list[bytes] = field(default_factory=list)
    _number: int = 0
    _last: bytes = b""
    _size: int = 0

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The lines that are complete."""
        done: list[bytes] = []
        numbers: list[int] = []
        for line, number in zip(chunk.lines(), chunk.numbers.tolist(), strict=True):
            text = line.rstrip(b"\r")
            if self._parts and self._size < LONGEST_LINE and self.rule.joins(self._last, text):
                self._parts.append(text)
            else:
                if self._parts:
                    done.append(self.rule.glue.join(self._parts))
                    numbers.append(self._number)
                self._parts, self._number, self._size = [text], number, 0
            self._last = text
            self._size += len(text)
        yield b"", Chunk.of_payloads(done, np.array(numbers, dtype=np.int64))

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """The last line of all."""
        if self._parts:
            line = self.rule.glue.join(self._parts)
            self._parts = []
            yield b"", Chunk.of_payloads([line], np.array([self._number], dtype=np.int64))


@dataclass(slots=True)
class _Unquoter:
    _pieces: Pieces = field(default_factory=Pieces)

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The lines as they were before they were sent."""
        lines = [line.rstrip(b"\r") for line in chunk.lines()]
        pieces = [Piece(binascii.a2b_qp(line.removesuffix(b"=")), partial=line.endswith(b"=")) for line in lines]
        yield from self._pieces.sort(pieces, chunk, lines)

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """A line whose end never came."""
        return self._pieces.rest()

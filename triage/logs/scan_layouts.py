"""The shapes of log prefixes as fixed columns behind the pid, derived from the terminals of ``log_line.lark``."""

from collections.abc import Iterable
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from triage.logs.line_heads import LineHeads
from triage.logs.regex_columns import DIGITS, Expansion, expand
from triage.records import dataclass
from triage.terminals import terminals

_WORD = 8
_CLOCK = "00:00:00"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where a timestamp stands in a layout, as columns: all of it, and its ``hh:mm:ss`` with or without ``.mmm``.

    ``clock`` is ``None`` if it is one number.
    """

    start: int
    end: int
    clock: int | None
    clock_end: int


@dataclass(frozen=True)
class Layout:
    """One shape of a prefix: ``columns`` from behind the pid up to the message.

    ``stamp`` is where the timestamp stands, ``None`` if this shape has none. ``role`` and ``level`` are the text that
    all lines of the shape have in common, or the column of the one letter that differs.
    """

    columns: tuple[frozenset[int], ...]
    stamp: Stamp | None
    role: str | int | None
    level: str | int | None

    def __len__(self) -> int:
        return len(self.columns)

    def fits(self, lines: LineHeads, at: int) -> NDArray[np.bool_]:
        """Which of the lines have this shape from the column ``at`` on."""
        verdict = np.ones(len(lines), dtype=np.bool_)
        for check in self._checks:
            verdict &= check.passes(lines.word(at + check.offset))
            if not verdict.any():
                return verdict
        for column, allowed in self._classes:
            verdict &= allowed.take(lines.byte(at + column))
        return verdict

    @cached_property
    def _checks(self) -> list["_Check"]:
        return [_Check.of(self.columns[at : at + _WORD], at) for at in range(0, len(self), _WORD)]

    @cached_property
    def _classes(self) -> list[tuple[int, NDArray[np.bool_]]]:
        return [
            (number, np.isin(np.arange(256), list(column)))
            for number, column in enumerate(self.columns)
            if len(column) > 1 and column != DIGITS
        ]


@dataclass(frozen=True, slots=True)
class _Check:
    """Compares 8 columns at once: fixed characters, and digits by their high half and by what adding 6 carries."""

    offset: int
    mask: np.uint64
    value: np.uint64
    low_halves: np.uint64
    sixes: np.uint64
    carries: np.uint64

    @classmethod
    def of(cls, columns: tuple[frozenset[int], ...], offset: int) -> "_Check":
        digits = [column == DIGITS for column in columns]
        fixed = [next(iter(column)) if len(column) == 1 else None for column in columns]
        return cls(
            offset,
            mask=_word(
                0xF0 if digit else 0xFF if byte is not None else 0 for digit, byte in zip(digits, fixed, strict=True)
            ),
            value=_word(0x30 if digit else byte or 0 for digit, byte in zip(digits, fixed, strict=True)),
            low_halves=_word(0x0F * digit for digit in digits),
            sixes=_word(0x06 * digit for digit in digits),
            carries=_word(0x10 * digit for digit in digits),
        )

    def passes(self, words: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which words fit."""
        verdict: NDArray[np.bool_] = (words & self.mask) == self.value
        if self.carries:
            verdict &= (((words & self.low_halves) + self.sixes) & self.carries) == 0
        return verdict


@dataclass(frozen=True)
class Family:
    """All shapes of one terminal: ``lead`` stands before the pid, ``tail`` ends the line behind the message."""

    name: str
    lead: bytes
    tail: bytes
    layouts: tuple[Layout, ...]

    @property
    def after_pid(self) -> int:
        """The byte that ends the pid."""
        return next(iter(self.layouts[0].columns[0]))

    def reach(self, longest_pid: int) -> int:
        """How many bytes of a line must be seen to read its prefix, in whole words."""
        longest = len(self.lead) + longest_pid + max(map(len, self.layouts))
        return -(-longest // _WORD) * _WORD + _WORD


@cache
def families() -> tuple[Family, ...]:
    """The shapes of all prefixes with fixed columns."""
    known = terminals("log_line")
    return tuple(_family(name, expand(known[name])) for name in ("LEGACY", "OLD", "LOGFMT"))


def _family(name: str, ways: list[Expansion]) -> Family:
    whole = [way for way in ways if way.group("message") is not None]
    before, _ = whole[0].group("pid") or (0, 0)
    _, behind = whole[0].group("message") or (0, 0)
    layouts = (layout for way in whole if (layout := _layout(way)) is not None)
    return Family(
        name,
        lead=_text(whole[0].columns[:before]),
        tail=_text(whole[0].columns[behind:]),
        layouts=tuple(layouts),
    )


def _layout(way: Expansion) -> Layout | None:
    pid, message = way.group("pid"), way.group("message")
    columns = way.columns[pid[1] : message[0]] if pid and message else ()
    if not pid or any(column is None for column in columns):
        return None
    fixed = tuple(column for column in columns if column is not None)
    return Layout(fixed, _stamp(way, pid[1]), _common(way, "role", pid[1]), _common(way, "level", pid[1]))


def _stamp(way: Expansion, shift: int) -> Stamp | None:
    start, end = way.group("time") or (0, 0)
    if start == end:
        return None
    shape = "".join("0" if column == DIGITS else _character(column) for column in way.columns[start:end])
    at = shape.find(_CLOCK)
    if at < 0:
        return Stamp(start - shift, end - shift, None, end - shift)
    length = len(_CLOCK) + 4 * shape.startswith(".000", at + len(_CLOCK))
    return Stamp(start - shift, end - shift, start - shift + at, start - shift + at + length)


def _common(way: Expansion, group: str, shift: int) -> str | int | None:
    place = way.group(group)
    if place is None:
        return None
    start, end = place
    text = _text(way.columns[start:end])
    return text.decode() if len(text) == end - start else start - shift


def _character(column: frozenset[int] | None) -> str:
    return chr(next(iter(column))) if column is not None and len(column) == 1 else "?"


def _text(columns: Iterable[frozenset[int] | None]) -> bytes:
    return bytes(next(iter(column)) for column in columns if column is not None and len(column) == 1)


def _word(octets: Iterable[int]) -> np.uint64:
    return np.uint64(int.from_bytes(bytes(octets), "little"))

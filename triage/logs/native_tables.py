"""Writes down what the grammars say as tables for the scanner in C; the dtypes are structs of ``native/scan.h``."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.logs.prefixes import KINDS, LEVEL_CODES, LEVEL_OF_LETTER, MAY_BEGIN_PREFIX, NO_LEVEL, ROLE_LETTERS
from triage.logs.regex_columns import DIGITS
from triage.logs.scan_layouts import Family, Layout, Stamp, families
from triage.logs.stamp_columns import NO_ZONE
from triage.terminals import kept

Table = NDArray[Any]

_MOST_CHECKS, _MOST_CLASSES, _LONGEST_LITERAL = 12, 8, 24
_WORD = 8
_HALF_WORD = 4
_HASH, _HASH_BITS = 0x9E3779B1, 12
_NO_SLOT = 0xFFFF

_CHECK = np.dtype([("mask", "<u8"), ("value", "<u8"), ("digits", "<u8")])
_LAYOUT = np.dtype(
    [
        ("checks", _CHECK, _MOST_CHECKS),
        *((name, "<i4") for name in ("length", "check_count", "class_count")),
        *((name, "<i4") for name in ("stamp", "stamp_end", "clock", "clock_end")),
        *((name, "<i4") for name in ("role_at", "role", "level_at", "level")),
        ("class_at", "u1", _MOST_CLASSES),
        ("class_number", "u1", _MOST_CLASSES),
        ("unused", "<i4"),
    ]
)
_FAMILY = np.dtype(
    [
        *((name, "<i4") for name in ("first", "count", "kind", "lead_length", "tail_length", "after_pid")),
        ("lead", "u1", _WORD),
        ("tail", "u1", _WORD),
    ]
)
_LITERAL = np.dtype(
    [
        ("word", "<u4"),
        *((name, "<u2") for name in ("slot", "terminal")),
        *((name, "u1") for name in ("length", "offset")),
        ("text", "u1", _LONGEST_LITERAL),
        ("unused", "u1", 6),
    ]
)


@cache
def prefix_tables() -> tuple[Table, Table, Table, Table, Table, int, int]:
    """The tables of ``read_prefixes``: the layouts of all families in their order."""
    packed, layouts, members = (
        np.frombuffer(b64decode(_kept()[name]), dtype=dtype)
        for name, dtype in (("families", _FAMILY), ("layouts", _LAYOUT), ("members", np.uint8))
    )
    return packed, layouts, members.reshape(-1, 256), MAY_BEGIN_PREFIX, LEVEL_OF_LETTER, NO_LEVEL, NO_ZONE


@cache
def stamps() -> tuple[Stamp | None, ...]:
    """Where each layout has its timestamp."""
    return tuple(Stamp(*place) if place else None for place in _kept()["stamps"])


@cache
def _kept() -> dict[str, Any]:
    found: dict[str, Any] = kept("native-prefixes", _written)
    return found


def _written() -> dict[str, Any]:
    layouts = [layout for family in families() for layout in family.layouts]
    classes: dict[frozenset[int], int] = {}
    packed = np.zeros(len(layouts), dtype=_LAYOUT)
    for entry, layout in zip(packed, layouts, strict=True):
        _pack_layout(entry, layout, classes)
    members = np.zeros((len(classes), 256), dtype=np.uint8)
    for allowed, number in classes.items():
        members[number, list(allowed)] = 1
    tables = {"families": _packed_families(families()), "layouts": packed, "members": members}
    places = [
        layout.stamp and (layout.stamp.start, layout.stamp.end, layout.stamp.clock, layout.stamp.clock_end)
        for layout in layouts
    ]
    return {name: b64encode(table.tobytes()).decode() for name, table in tables.items()} | {"stamps": places}


def literal_table(literals: Iterable[tuple[bytes, int, int]]) -> tuple[Table, Table]:
    """The literals (text, offset of the word to look for, number of the terminal) by their slots, and the slots."""
    placed = sorted((_slot(text, offset), terminal, text, offset) for text, offset, terminal in literals)
    packed = np.zeros(len(placed), dtype=_LITERAL)
    slots = np.full(1 << _HASH_BITS, _NO_SLOT, dtype=np.uint16)
    for number, (slot, terminal, text, offset) in reversed(list(enumerate(placed))):
        word = int.from_bytes(text[offset : offset + _HALF_WORD], "little")
        packed[number] = (word, slot, terminal, len(text), offset, _padded(text, _LONGEST_LITERAL), 0)
        slots[slot] = number
    return packed, slots


def _slot(text: bytes, offset: int) -> int:
    word = int.from_bytes(text[offset : offset + _HALF_WORD], "little")
    return (word * _HASH & 0xFFFFFFFF) >> (32 - _HASH_BITS)


def _padded(text: bytes, length: int) -> list[int]:
    return list(text.ljust(length, b"\0"))


def _packed_families(families: Sequence[Family]) -> Table:
    packed = np.zeros(len(families), dtype=_FAMILY)
    first = 0
    for number, family in enumerate(families):
        sizes = first, len(family.layouts), KINDS[family.name], len(family.lead), len(family.tail), family.after_pid
        packed[number] = (*sizes, _padded(family.lead, _WORD), _padded(family.tail, _WORD))
        first += len(family.layouts)
    return packed


def _pack_layout(entry: Any, layout: Layout, classes: dict[frozenset[int], int]) -> None:  # noqa: ANN401 - a record
    columns = layout.columns
    words = -(-len(columns) // _WORD)
    for name, octets in zip(_CHECK.names or (), zip(*map(_check, columns), strict=True), strict=True):
        entry["checks"][name][:words] = np.frombuffer(bytes(octets).ljust(words * _WORD, b"\0"), dtype="<u8")
    others = [(at, column) for at, column in enumerate(columns) if len(column) > 1 and column != DIGITS]
    entry["length"], entry["check_count"], entry["class_count"] = len(columns), words, len(others)
    for place, (at, column) in enumerate(others):
        entry["class_at"][place] = at
        entry["class_number"][place] = classes.setdefault(column, len(classes))
    stamp = layout.stamp
    entry["stamp"], entry["stamp_end"] = (stamp.start, stamp.end) if stamp else (-1, -1)
    entry["clock"] = stamp.clock if stamp and stamp.clock is not None else -1
    entry["clock_end"] = stamp.clock_end if stamp else -1
    entry["role_at"] = layout.role if isinstance(layout.role, int) else -1
    entry["role"] = ord(ROLE_LETTERS[layout.role]) if isinstance(layout.role, str) else 0
    entry["level_at"] = layout.level if isinstance(layout.level, int) else -1
    entry["level"] = LEVEL_CODES[layout.level] if isinstance(layout.level, str) else NO_LEVEL


@cache
def _check(column: frozenset[int]) -> tuple[int, int, int]:
    """What the byte of a column is compared by: mask, value, and the bits in which it must be a digit."""
    if column == DIGITS:
        return 0xF0, 0x30, 0x0F
    return (0xFF, next(iter(column)), 0) if len(column) == 1 else (0, 0, 0)

"""Reads the prefixes of all lines of a block with numpy, by the shapes that they have in common."""

from dataclasses import field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.line_heads import LineHeads
from triage.logs.prefixes import KINDS, LEVEL_CODES, LEVEL_OF_LETTER, MAY_BEGIN_PREFIX, ROLE_LETTERS, Prefixes
from triage.logs.scan_layouts import Family, Layout, families
from triage.logs.stamp_columns import form_of, read_stamps
from triage.records import dataclass

_LONGEST_PID = 10

T = TypeVar("T")


@dataclass(slots=True)
class Columns:
    """Reads block after block. The shapes of earlier lines are tried first on the next ones."""

    _widths: list[int] = field(default_factory=lambda: list(range(1, _LONGEST_PID + 1)))
    _layouts: dict[str, list[Layout]] = field(default_factory=lambda: {f.name: list(f.layouts) for f in families()})

    def read(self, block: Block) -> tuple[Prefixes, NDArray[np.int64]]:
        """The prefixes of the block's lines, and the lines that may have one of another kind."""
        found = Prefixes.blank(block)
        open_rows = np.flatnonzero(MAY_BEGIN_PREFIX[block.octets[block.starts]])
        for family in families():
            open_rows = self._read_family(block, found, family, open_rows)
        return found, open_rows

    def _read_family(
        self, block: Block, found: Prefixes, family: Family, rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        if not len(rows):
            return rows
        lines = LineHeads.of(block, rows, family.reach(_LONGEST_PID))
        begins = _begins(lines, family)
        left, lines = [rows[~begins]], lines.only(begins)
        for width in tuple(self._widths):
            if not len(lines):
                break
            ends_there = _pid_ends(lines, family, width)
            if not ends_there.any():
                continue
            here = lines.only(ends_there)
            unread = self._read_shapes(block, found, family, width, here)
            if len(unread) < len(here):
                _to_front(self._widths, width)
            left.append(unread.rows)
            lines = lines.only(~ends_there)
        return np.sort(np.concatenate([lines.rows, *left]))

    def _read_shapes(self, block: Block, found: Prefixes, family: Family, width: int, lines: LineHeads) -> LineHeads:
        at = len(family.lead) + width
        layouts = self._layouts[family.name]
        for layout in tuple(layouts):
            if not len(lines):
                break
            fits = layout.fits(lines, at)
            fits &= _has_tail(block, family, lines.rows, at + len(layout))
            if fits.any():
                _to_front(layouts, layout)
                _fill(block, found, family, layout, width, lines.only(fits))
                lines = lines.only(~fits)
        return lines


def _to_front(items: list[T], item: T) -> None:
    if items[0] is not item:
        items.remove(item)
        items.insert(0, item)


def _begins(lines: LineHeads, family: Family) -> NDArray[np.bool_]:
    good = np.ones(len(lines), dtype=np.bool_)
    for column, byte in enumerate(family.lead):
        good &= lines.byte(column) == byte
    return good


def _pid_ends(lines: LineHeads, family: Family, width: int) -> NDArray[np.bool_]:
    """Which lines have a pid of ``width`` digits behind the family's lead."""
    pid = len(family.lead)
    good: NDArray[np.bool_] = lines.byte(pid + width) == family.after_pid
    if good.any():
        for column in range(pid, pid + width):
            good &= (lines.byte(column) - np.uint8(ord("0"))) < 10
    return good


def _has_tail(block: Block, family: Family, rows: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    ends = block.ends[rows]
    good: NDArray[np.bool_] = block.starts[rows] + (length + len(family.tail)) <= ends
    for column, byte in enumerate(reversed(family.tail), 1):
        good &= block.octets[ends - column] == byte
    return good


def _fill(block: Block, found: Prefixes, family: Family, layout: Layout, width: int, lines: LineHeads) -> None:
    pid_at = len(family.lead)
    at = pid_at + width
    # To write to all lines at once is cheaper than to each of a list.
    rows = slice(None) if len(lines) == len(block) else lines.rows
    found.kinds[rows] = KINDS[family.name]
    found.pids[rows] = lines.number(pid_at, width)
    found.roles[rows] = _letters(lines, at, layout.role)
    if isinstance(layout.level, int):
        found.levels[rows] = LEVEL_OF_LETTER.take(lines.byte(at + layout.level))
    elif layout.level is not None:
        found.levels[rows] = LEVEL_CODES[layout.level]
    found.messages[rows] += at + len(layout)
    found.ends[rows] -= len(family.tail)
    if layout.stamp is not None:
        found.times[rows], found.zones[rows] = read_stamps(block, lines, at, layout.stamp)
        found.count_stamp(form_of(layout.stamp), len(lines))


def _letters(lines: LineHeads, at: int, role: str | int | None) -> NDArray[np.uint8] | int:
    if isinstance(role, int):
        return lines.byte(at + role)
    return ord(ROLE_LETTERS[role]) if role else 0

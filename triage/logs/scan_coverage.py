"""Counts what the scan knew of a log: warnings by what they say, and the lines that nothing recognised."""

from collections import Counter
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.line_shapes import LineShapes
from triage.logs.message_forms import message_forms
from triage.logs.prefixes import LEVEL_CODES, Prefixes
from triage.model import LineShape, Warnings
from triage.records import dataclass

_WARNING = LEVEL_CODES["#"]
_HEAD = 16
"""Lines whose messages have so many bytes in common at their beginning are one kind."""
_MOST_ONE_BY_ONE = 500
_MOST_KINDS = 200
_LONGEST_TEXT = 2048
"""Servers cut their messages at 1023 bytes."""
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(slots=True)
class CoverageCounter:
    """Collects over the blocks of a log. One line of each kind is looked at, so that floods cost no time."""

    warnings: int = 0
    categories: Counter[str] = field(default_factory=Counter)
    _unknown: LineShapes = field(default_factory=LineShapes)
    _unrecognised: LineShapes = field(default_factory=LineShapes)

    def add_warnings(self, block: Block, prefixes: Prefixes, open_rows: NDArray[np.bool_]) -> None:
        """Take up the warnings among ``open_rows``."""
        rows = np.flatnonzero(open_rows & (prefixes.levels == _WARNING) & (prefixes.ends > prefixes.messages))
        if not len(rows):
            return
        self.warnings += len(rows)
        at = prefixes.messages[rows]
        ends_in_head = prefixes.ends[rows] - at < _HEAD
        for kind in _kinds(block, at, ends_in_head):
            self._classify(block, prefixes, rows[kind])

    def add_flood(self, category: str, count: int) -> None:
        """Take up warnings that are known already."""
        self.warnings += count
        self.categories[category] += count

    def add_unrecognised(self, block: Block, rows: NDArray[np.int64]) -> None:
        """Take up lines that nothing recognised."""
        if not len(rows):
            return
        kinds = _kinds(block, block.starts[rows], np.zeros(len(rows), dtype=np.bool_))
        for kind in kinds[:_MOST_KINDS]:
            first = int(rows[kind[0]])
            text = _text(block, int(block.starts[first]), int(block.ends[first]))
            self._unrecognised.add(block.first_line + first, text, len(kind))

    def unrecognised(self) -> tuple[LineShape, ...]:
        """The first line of each shape that nothing recognised."""
        return self._unrecognised.build()

    def build(self) -> Warnings:
        """What is known of the warnings."""
        known = dict(sorted(self.categories.items()))
        return Warnings(self.warnings, sum(known.values()), known, self._unknown.build())

    def _classify(self, block: Block, prefixes: Prefixes, rows: NDArray[np.int64]) -> None:
        """Lines of one kind; those behind the first few are taken for what the last of them was."""
        one_by_one = rows[:_MOST_ONE_BY_ONE]
        for number, row in enumerate(one_by_one.tolist()):
            message = _text(block, int(prefixes.messages[row]), int(prefixes.ends[row]))
            form = message_forms().find(message)
            alike = form is not None and len(form.head) >= _HEAD
            last = alike or number == len(one_by_one) - 1
            count = len(rows) - number if last else 1
            if form is None:
                self._unknown.add(block.first_line + row, message, count)
            else:
                self.categories[form.category] += count
            if last:
                break


def _text(block: Block, begin: int, end: int) -> str:
    return block.data[begin : min(end, begin + _LONGEST_TEXT)].decode("utf-8", "backslashreplace")


def _kinds(block: Block, at: NDArray[np.int64], alone: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Groups of lines whose bytes at ``at`` begin alike, in the order of the first; ``alone`` are one group."""
    words = block.words
    last = len(words) - 1
    keys = (words[at] * _MIX) ^ words[np.minimum(at + 8, last)]
    keys[alone] = 0
    order = np.argsort(keys, kind="stable")
    bounds = np.flatnonzero(np.diff(keys[order])) + 1
    return sorted(np.split(order, bounds), key=lambda group: int(group[0]))

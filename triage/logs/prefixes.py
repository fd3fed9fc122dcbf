"""What the prefixes of a block's lines say, as columns."""

from dataclasses import field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.scanned import NO_TIME
from triage.logs.stamp_columns import NO_ZONE
from triage.model import Instant
from triage.records import dataclass

RAW, LEGACY, OLD, LOGFMT, KEYDB, UNSTAMPED, REWRITTEN, HANDLER, HANDLER0 = range(9)
"""Kinds of lines: without a prefix, or by the terminal of ``log_line.lark`` that knows it."""
KINDS = {
    "LEGACY": LEGACY,
    "OLD": OLD,
    "LOGFMT": LOGFMT,
    "KEYDB": KEYDB,
    "UNSTAMPED": UNSTAMPED,
    "REWRITTEN": REWRITTEN,
    "HANDLER": HANDLER,
    "HANDLER0": HANDLER0,
}

LEVELS = ("debug", "verbose", "notice", "warning")
NO_LEVEL = len(LEVELS)
LEVEL_CODES = {".": 0, "-": 1, "*": 2, "#": 3, "debug": 0, "info": 1, "notice": 2, "warning": 3}
"""Indices into ``LEVELS``, by how a prefix spells the level; logfmt calls the verbose one info."""

LEVEL_OF_LETTER = np.array([LEVEL_CODES.get(chr(letter), NO_LEVEL) for letter in range(256)], dtype=np.uint8)
MAY_BEGIN_PREFIX = np.isin(np.arange(256), list(b"0123456789[pIWEF"))

NO_PID = -1
ROLE_LETTERS = {"primary": "M", "replica": "S", "sentinel": "X", "RDB/AOF": "C"}
"""The letters for logfmt's words."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """One entry per line of a block.

    ``messages`` and ``ends`` are offsets into the block; a raw line is its own message. ``times`` are wall-clock
    milliseconds or ``NO_TIME``, ``zones`` minutes from UTC or ``NO_ZONE``, ``levels`` indices into ``LEVELS`` or
    ``NO_LEVEL``, ``roles`` letters (0 if there is none). ``stamps`` counts the lines per form of timestamp.
    """

    kinds: NDArray[np.uint8]
    pids: NDArray[np.int64]
    roles: NDArray[np.uint8]
    levels: NDArray[np.uint8]
    times: NDArray[np.int64]
    zones: NDArray[np.int16]
    messages: NDArray[np.int64]
    ends: NDArray[np.int64]
    stamps: dict[str, int] = field(default_factory=dict)

    @classmethod
    def blank(cls, block: Block) -> "Prefixes":
        """All lines raw."""
        size = len(block)
        return cls(
            kinds=np.zeros(size, dtype=np.uint8),
            pids=np.full(size, NO_PID, dtype=np.int64),
            roles=np.zeros(size, dtype=np.uint8),
            levels=np.full(size, NO_LEVEL, dtype=np.uint8),
            times=np.full(size, NO_TIME, dtype=np.int64),
            zones=np.full(size, NO_ZONE, dtype=np.int16),
            messages=block.starts.copy(),
            ends=block.ends.copy(),
        )

    @classmethod
    def unfilled(cls, size: int) -> "Prefixes":
        """Columns for so many lines, whose values are anything."""
        column = np.empty
        return cls(
            kinds=column(size, dtype=np.uint8),
            pids=column(size, dtype=np.int64),
            roles=column(size, dtype=np.uint8),
            levels=column(size, dtype=np.uint8),
            times=column(size, dtype=np.int64),
            zones=column(size, dtype=np.int16),
            messages=column(size, dtype=np.int64),
            ends=column(size, dtype=np.int64),
        )

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """The columns in the order of the fields."""
        return (
            self.kinds, self.pids, self.roles, self.levels, self.times, self.zones, self.messages, self.ends,
        )  # fmt: skip

    def instant(self, row: int) -> Instant | None:
        """When line ``row`` was written, as it states it."""
        time, zone = int(self.times[row]), int(self.zones[row])
        return None if time == NO_TIME else Instant(time, None if zone == NO_ZONE else zone)

    def count_stamp(self, form: str, lines: int) -> None:
        """Note that ``lines`` lines have a timestamp of this form."""
        self.stamps[form] = self.stamps.get(form, 0) + lines

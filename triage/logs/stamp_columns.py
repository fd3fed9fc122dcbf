"""Reads the timestamps of many lines at once, from the columns of their layout."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.instants import read_instant
from triage.logs.line_heads import LineHeads
from triage.logs.scan_layouts import Stamp
from triage.logs.scanned import NO_TIME

NO_ZONE = -32768
"""Stands in a column of zones, which are minutes from UTC, for a timestamp that does not state one."""

_MIDNIGHT = b"00:00:00.000"
_SECONDS = len("00:00:00")
# Of a little-endian word "hh:mm:ss": the low halves of its digits; where minutes and seconds come to lie.
_DIGITS_OF_CLOCK = np.uint64(0x0F0F000F0F000F0F)
_MINUTES, _SECONDS_AT = np.uint64(24), np.uint64(48)
_EIGHT, _OCTET, _TEN, _SIXTY = np.uint64(8), np.uint64(0xFF), np.uint64(10), np.uint64(60)


def form_of(stamp: Stamp) -> str:
    """``legacy``, ``iso8601`` or ``milliseconds``."""
    if stamp.clock is None:
        return "milliseconds"
    return "iso8601" if stamp.end > stamp.clock_end else "legacy"


def read_stamps(block: Block, lines: LineHeads, at: int, stamp: Stamp) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Wall-clock milliseconds and zones of the lines whose layout begins in column ``at``."""
    if stamp.clock is None:
        times = lines.number(at + stamp.start, stamp.end - stamp.start)
        return times, np.zeros(len(lines), dtype=np.int16)
    clock = at + stamp.clock
    times = _seconds(lines.word(clock)) * 1000
    if stamp.clock_end - stamp.clock > _SECONDS:
        times += lines.number(clock + 9, 3)
    midnights, zones = _midnights(block, lines, at, stamp, stamp.clock)
    times += midnights
    times[midnights == NO_TIME] = NO_TIME
    return times, zones


def _seconds(clocks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The seconds since midnight of words that read ``hh:mm:ss``."""
    halves = clocks & _DIGITS_OF_CLOCK
    pairs = halves * _TEN + (halves >> _EIGHT)
    hours, minutes, seconds = pairs & _OCTET, (pairs >> _MINUTES) & _OCTET, (pairs >> _SECONDS_AT) & _OCTET
    return ((hours * _SIXTY + minutes) * _SIXTY + seconds).view(np.int64)


def _midnights(
    block: Block, lines: LineHeads, at: int, stamp: Stamp, clock: int
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """The day and the zone of each line, in milliseconds and minutes; the dates of a log come in long runs."""
    changes = np.zeros(len(lines), dtype=np.bool_)
    changes[0] = True
    for start, end in ((stamp.start, clock), (stamp.clock_end, stamp.end)):
        for key in _keys(lines, at + start, at + end):
            changes[1:] |= key[1:] != key[:-1]
    heads = np.flatnonzero(changes)
    offsets = (block.starts[lines.rows[heads]] + at).tolist()
    return spread_days([day_at(block, offset, stamp) for offset in offsets], heads, len(lines))


def day_at(block: Block, offset: int, stamp: Stamp | None) -> tuple[int, int]:
    """The midnight in milliseconds (``NO_TIME`` if it is no date) and the zone (or ``NO_ZONE``) of a stamp.

    Its layout begins at ``offset``. Without a clock face both are 0.
    """
    if stamp is None or stamp.clock is None:
        return 0, 0
    date = block.data[offset + stamp.start : offset + stamp.clock]
    return _midnight(date, block.data[offset + stamp.clock_end : offset + stamp.end])


def spread_days(
    days: Sequence[tuple[int, int]], heads: NDArray[np.int64], lines: int
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """The midnight and the zone of each of so many lines, from those of runs of lines that begin at ``heads``."""
    lengths = np.diff(np.append(heads, lines))
    midnights = np.repeat(np.array([ms for ms, _ in days], dtype=np.int64), lengths)
    return midnights, np.repeat(np.array([zone for _, zone in days], dtype=np.int16), lengths)


def _keys(lines: LineHeads, start: int, end: int) -> list[NDArray[np.uint64]]:
    """Words that differ between two lines if the columns from ``start`` to ``end`` (up to 16) do."""
    if end <= start:
        return []
    if end - start >= 8:
        return [lines.word(start), lines.word(end - 8)]
    return [lines.word(start) & np.uint64((1 << 8 * (end - start)) - 1)]


@lru_cache(maxsize=4096)
def _midnight(date: bytes, zone: bytes) -> tuple[int, int]:
    moment = read_instant((date + _MIDNIGHT + zone).decode("ascii", "replace"))
    if moment is None:
        return NO_TIME, NO_ZONE
    offset = moment.utc_offset_minutes
    return moment.wall_ms, NO_ZONE if offset is None else offset

"""Reads the timestamps of many lines at once, from the columns of their layout."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.instants import read_instant
from triage.logs.scan_layouts import Stamp
from triage.logs.scanned import NO_TIME

NO_ZONE = -32768
"""Stands in a column of zones, which are minutes from UTC, for a timestamp that does not state one."""

_MIDNIGHT = b"00:00:00.000"
_SECONDS = len("00:00:00")


def number(octets: NDArray[np.uint8], at: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """The decimal numbers of ``width`` digits at the offsets ``at``."""
    value = np.zeros(len(at), dtype=np.int64)
    for column in range(width):
        value = value * 10 + (octets[at + column] - np.uint8(ord("0")))
    return value


def form_of(stamp: Stamp) -> str:
    """``legacy``, ``iso8601`` or ``milliseconds``."""
    if stamp.clock is None:
        return "milliseconds"
    return "iso8601" if stamp.end > stamp.clock_end else "legacy"


def read_stamps(block: Block, at: NDArray[np.int64], stamp: Stamp) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Wall-clock milliseconds and zones of the lines whose layout begins at the offsets ``at``."""
    octets = block.octets
    if stamp.clock is None:
        times = number(octets, at + stamp.start, stamp.end - stamp.start)
        return times, np.zeros(len(at), dtype=np.int16)
    clock = at + stamp.clock
    seconds = (number(octets, clock, 2) * 60 + number(octets, clock + 3, 2)) * 60 + number(octets, clock + 6, 2)
    times = seconds * 1000
    if stamp.clock_end - stamp.clock > _SECONDS:
        times += number(octets, clock + 9, 3)
    midnights, zones = _midnights(block, at, stamp, stamp.clock)
    times += midnights
    times[midnights == NO_TIME] = NO_TIME
    return times, zones


def _midnights(
    block: Block, at: NDArray[np.int64], stamp: Stamp, clock: int
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """The day and the zone of each line, in milliseconds and minutes; the dates of a log come in long runs."""
    changes = np.zeros(len(at), dtype=np.bool_)
    changes[0] = True
    for start, end in ((stamp.start, clock), (stamp.clock_end, stamp.end)):
        for key in _keys(block.words, at, start, end):
            changes[1:] |= key[1:] != key[:-1]
    heads = np.flatnonzero(changes)
    days = []
    for offset in at[heads].tolist():
        date = block.data[offset + stamp.start : offset + clock]
        days.append(_midnight(date, block.data[offset + stamp.clock_end : offset + stamp.end]))
    lengths = np.diff(np.append(heads, len(at)))
    midnights = np.repeat(np.array([ms for ms, _ in days], dtype=np.int64), lengths)
    return midnights, np.repeat(np.array([zone for _, zone in days], dtype=np.int16), lengths)


def _keys(words: NDArray[np.uint64], at: NDArray[np.int64], start: int, end: int) -> list[NDArray[np.uint64]]:
    """Words that differ between two lines if the columns from ``start`` to ``end`` (up to 16) do."""
    if end <= start:
        return []
    if end - start >= 8:
        return [words[at + start], words[at + (end - 8)]]
    return [words[at + start] & np.uint64((1 << 8 * (end - start)) - 1)]


@lru_cache(maxsize=4096)
def _midnight(date: bytes, zone: bytes) -> tuple[int, int]:
    moment = read_instant((date + _MIDNIGHT + zone).decode("ascii", "replace"))
    if moment is None:
        return NO_TIME, NO_ZONE
    offset = moment.utc_offset_minutes
    return moment.wall_ms, NO_ZONE if offset is None else offset

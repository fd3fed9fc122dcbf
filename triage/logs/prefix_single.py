"""Reads the prefixes that do not stand in fixed columns, one line at a time: signal handlers, rewritten lines."""

import re
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.instants import read_instant
from triage.logs.prefixes import HANDLER, KINDS, LEVEL_CODES, NO_LEVEL, ROLE_LETTERS, Prefixes
from triage.patterns import compiled
from triage.terminals import terminals


class HandlerLine(NamedTuple):
    """A line with Unix time instead of a timestamp."""

    row: int
    epoch_ms: int


def read_one_by_one(block: Block, found: Prefixes, rows: NDArray[np.int64]) -> list[HandlerLine]:
    """Read the prefixes that have no fixed columns; returns the lines that signal handlers wrote."""
    handlers = []
    for row in rows.tolist():
        start, end = int(block.starts[row]), int(block.ends[row])
        for kind, pattern in _patterns():
            match = pattern.fullmatch(block.data, start, end)
            if match is not None:
                _fill_one(found, row, kind, match)
                if kind >= HANDLER:
                    handlers.append(HandlerLine(row, int(match["epoch"]) * 1000))
                break
    return handlers


def _fill_one(found: Prefixes, row: int, kind: int, match: "re.Match[bytes]") -> None:
    fields = {name: value.decode("ascii", "replace") for name, value in match.groupdict(b"").items()}
    found.kinds[row] = kind
    found.pids[row] = int(fields["pid"])
    found.roles[row] = ord(ROLE_LETTERS.get(fields.get("role", ""), fields.get("role", "")) or "\0")
    found.levels[row] = LEVEL_CODES.get(fields.get("level", ""), NO_LEVEL)
    begin, end = match.span("message")
    found.messages[row], found.ends[row] = (begin, end) if begin >= 0 else (match.end(), match.end())
    moment = read_instant(fields.get("time", ""))
    if moment is not None:
        found.times[row] = moment.wall_ms
        found.count_stamp(_form_of(fields["time"]), 1)
        if moment.utc_offset_minutes is not None:
            found.zones[row] = moment.utc_offset_minutes


def _form_of(time: str) -> str:
    return "milliseconds" if time.isdigit() else "iso8601" if "T" in time else "legacy"


@cache
def _patterns() -> tuple[tuple[int, "re.Pattern[bytes]"], ...]:
    known = terminals("log_line")
    return tuple((kind, compiled(known[name].encode(), re.DOTALL)) for name, kind in KINDS.items())

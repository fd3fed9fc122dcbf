"""Gives the lines of an unwrapped log the numbers that they have in the file."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from triage.logs.scanned import LogScan, Region
from triage.model import RawLine

Renumbering = Callable[[NDArray[np.int64]], NDArray[np.int64]]


def renumber(scan: LogScan, original: Renumbering) -> LogScan:
    """A copy of ``scan`` in which every line number went through ``original``."""

    def one(line: int) -> int:
        return int(original(np.array([line]))[0])

    def raws(lines: tuple[RawLine, ...]) -> tuple[RawLine, ...]:
        numbers = original(np.array([raw.line for raw in lines], dtype=np.int64))
        return tuple(RawLine(int(number), raw.text) for number, raw in zip(numbers, lines, strict=True))

    def region(found: Region) -> Region:
        return replace(found, lines=raws(found.lines), lead_in=raws(found.lead_in))

    return replace(
        scan,
        floods={name: replace(table, lines=original(table.lines)) for name, table in scan.floods.items()},
        notable=tuple(replace(line, line=one(line.line)) for line in scan.notable),
        activity=tuple(replace(line, line=one(line.line)) for line in scan.activity),
        regions=tuple(region(found) for found in scan.regions),
        pids=tuple(
            replace(span, first_line=one(span.first_line), last_line=one(span.last_line)) for span in scan.pids
        ),
        before_start={one(line): raws(before) for line, before in scan.before_start.items()},
    )

"""Gives the lines of an unwrapped log the numbers that they have in the file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from triage.logs.scanned import LogLine, LogScan, PidSpan, Region
from triage.model import LineShape, RawLine

Renumbering = Callable[[NDArray[np.int64]], NDArray[np.int64]]


def renumber(scan: LogScan, original: Renumbering) -> LogScan:
    """A copy of ``scan`` in which every line number went through ``original``."""

    def all_of(lines: Iterable[int]) -> list[int]:
        numbers: list[int] = original(np.array(list(lines), dtype=np.int64)).tolist()
        return numbers

    def told(found: Sequence[LogLine]) -> tuple[LogLine, ...]:
        numbers = all_of(line.line for line in found)
        return tuple(line.at(number) for line, number in zip(found, numbers, strict=True))

    def spans(found: Sequence[PidSpan]) -> Iterator[PidSpan]:
        first, last = all_of(span.first_line for span in found), all_of(span.last_line for span in found)
        for span, begin, end in zip(found, first, last, strict=True):
            yield replace(span, first_line=begin, last_line=end)

    def raws(lines: tuple[RawLine, ...]) -> tuple[RawLine, ...]:
        numbers = all_of(raw.line for raw in lines)
        return tuple(RawLine(number, raw.text) for number, raw in zip(numbers, lines, strict=True))

    def region(found: Region) -> Region:
        return replace(found, lines=raws(found.lines), lead_in=raws(found.lead_in))

    def shapes(found: tuple[LineShape, ...]) -> tuple[LineShape, ...]:
        numbers = all_of(shape.line for shape in found)
        return tuple(replace(shape, line=number) for shape, number in zip(found, numbers, strict=True))

    coverage = replace(scan.coverage, shapes=shapes(scan.coverage.shapes))
    if coverage.warnings is not None:
        coverage = replace(coverage, warnings=replace(coverage.warnings, unknown=shapes(coverage.warnings.unknown)))
    turns = zip(all_of(line for line, _ in scan.years.turns), (turned for _, turned in scan.years.turns), strict=True)
    return replace(
        scan,
        coverage=coverage,
        years=replace(scan.years, turns=tuple(turns)),
        floods={name: replace(table, lines=original(table.lines)) for name, table in scan.floods.items()},
        notable=told(scan.notable),
        activity=told(scan.activity),
        regions=tuple(region(found) for found in scan.regions),
        pids=tuple(spans(scan.pids)),
        before_start=dict(zip(all_of(scan.before_start), map(raws, scan.before_start.values()), strict=True)),
    )

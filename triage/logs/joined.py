"""Joins the scans of the two halves of a log to the scan of the whole."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from triage.logs.histogram import HistogramBuilder
from triage.logs.line_shapes import LineShapes
from triage.logs.renumber import renumber
from triage.logs.scan import LINES_BEFORE_START, MOST_STARTS
from triage.logs.scan_pids import PidSpans
from triage.logs.scan_regions import LEAD_IN, MOST_BYTES_IN_ALL
from triage.logs.scan_told import ToldLines
from triage.logs.scanned import EventTable, Histogram, LogScan, PidSpan
from triage.model import Coverage, LineShape, Warnings


def joined(first: LogScan, second: LogScan) -> LogScan | None:
    """The scan of a log whose halves were scanned one by one; ``None`` if they depend on each other.

    Of lines that come in floods it has more than a scan in one go: those before the cut as well.
    """
    if not first.settled or first.years.needed or second.years.needed or _looks_back(second):
        return None
    if _size_of_reports(first) + _size_of_reports(second) > MOST_BYTES_IN_ALL:
        return None
    before = first.coverage.lines
    second = renumber(second, lambda lines: lines + before)
    notable = ToldLines.of((*first.notable, *second.notable))
    activity = ToldLines.of((*first.activity, *second.activity))
    counts = first.counts + second.counts
    starts = {**first.before_start, **second.before_start}
    return replace(
        first,
        first_time=first.first_time or second.first_time,
        last_time=second.last_time or first.last_time,
        coverage=_coverage(first.coverage, second.coverage),
        floods={name: _table(table, second.floods[name]) for name, table in first.floods.items()},
        notable=tuple(notable.lines),
        activity=tuple(activity.lines),
        regions=(*first.regions, *second.regions),
        pids=_pids((*first.pids, *second.pids)),
        before_start=dict(list(starts.items())[-MOST_STARTS:]),
        histogram=_histogram(first.histogram, second.histogram),
        counts=replace(counts, notable_dropped=counts.notable_dropped + notable.dropped + activity.dropped),
        settled=second.settled,
    )


def _looks_back(scan: LogScan) -> bool:
    """Whether something stands so near its beginning that the lines before it belong to it."""
    reports = [region.lines[0].line for region in scan.regions[:1]]
    starts = list(scan.before_start)[:1]
    return any(line <= LEAD_IN for line in reports) or any(line <= LINES_BEFORE_START for line in starts)


def _size_of_reports(scan: LogScan) -> int:
    return sum(len(line.text) for region in scan.regions for line in region.lines)


def _coverage(first: Coverage, second: Coverage) -> Coverage:
    warnings = None
    if first.warnings is not None and second.warnings is not None:
        categories = Counter(first.warnings.categories) + Counter(second.warnings.categories)
        warnings = Warnings(
            lines=first.warnings.lines + second.warnings.lines,
            known=first.warnings.known + second.warnings.known,
            categories=dict(sorted(categories.items())),
            unknown=_shapes((*first.warnings.unknown, *second.warnings.unknown)),
        )
    return Coverage(
        lines=first.lines + second.lines,
        recognised=first.recognised + second.recognised,
        unrecognised=first.unrecognised + second.unrecognised,
        shapes=_shapes((*first.shapes, *second.shapes)),
        warnings=warnings,
    )


def _shapes(found: Iterable[LineShape]) -> tuple[LineShape, ...]:
    shapes = LineShapes()
    for shape in found:
        shapes.add(shape.line, shape.text, shape.count)
    return shapes.build()


def _table(first: EventTable, second: EventTable) -> EventTable:
    return EventTable(
        times=np.concatenate((first.times, second.times)),
        lines=np.concatenate((first.lines, second.lines)),
        pids=np.concatenate((first.pids, second.pids)),
        texts=first.texts + second.texts,
        fields={name: column + second.fields[name] for name, column in first.fields.items()},
        total=first.total + second.total,
        dropped=first.dropped + second.dropped,
        gaps=np.concatenate((first.gaps, second.gaps + len(first.lines))),
    )


def _pids(spans: Iterable[PidSpan]) -> tuple[PidSpan, ...]:
    known = PidSpans()
    for span in spans:
        known.take(span)
    return known.build()


def _histogram(first: Histogram | None, second: Histogram | None) -> Histogram | None:
    if first is None or second is None:
        return first or second
    builder = HistogramBuilder.of(first)
    builder.add_histogram(second)
    return builder.build()

"""The two charts over time: what the log says of the whole case, and the TLS errors around one failure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from triage.model import Analysis, Event, Finding, Incident, Instant, Timeline
from triage.render import wording
from triage.render.chart_layout import NARROW, WIDE, Chart, ChartData, LaneData, Line, Mark, lay_out

_LEVELS = {"debug": "debug", "verbose": "verbose", "notice": "notice", "warning": "warning"}
_MOST_BUCKETS = 2000
_MOST_MARKS = 50
_LONG_SECONDS = 150
_FEWEST_BUCKETS = 3
"""One or two bars are no picture of anything."""
_BEFORE, _AFTER = 60, 5
"""Buckets of the close-up before and after the failure."""

Pair = tuple[Chart, Chart]
"""One chart for wide and one for narrow pages."""


def timeline_charts(analysis: Analysis, width: int = WIDE) -> Pair | None:
    """Log lines by level, TLS errors and connections with the failures marked; ``None`` without a timeline."""
    incidents = analysis.incidents[:_MOST_MARKS]
    return _drawn("The whole log", analysis.timeline, incidents, width)


def close_up_charts(incident: Incident, width: int) -> Pair | None:
    """The same for the minute before one failure."""
    return _drawn("The last minute", incident.close_up, (incident,), width)


def worth_a_close_up(timeline: Timeline | None) -> bool:
    """Whether the whole log is so long that its last minute cannot be seen in it."""
    return timeline is not None and len(_longest(timeline)) * timeline.bucket_seconds > _LONG_SECONDS


def _drawn(title: str, timeline: Timeline | None, incidents: Sequence[Incident], width: int) -> Pair | None:
    if timeline is None:
        return None
    failures = [incident.time for incident in incidents if incident.time]
    timeline = _filled(timeline, failures)
    if len(_longest(timeline)) < _FEWEST_BUCKETS:
        return None
    lanes = [lane for lane in (_levels(timeline), _tls_errors(timeline), _connections(timeline)) if lane.lines]
    if not lanes:
        return None
    start = _zoned(timeline.start, failures)
    found = (finding for incident in incidents for finding in incident.findings)
    bursts = islice((mark for finding in found for mark in _bursts(finding.data.get("bursts"))), _MOST_MARKS)
    events = timeline.events[-_MOST_MARKS:]
    data = ChartData(
        title=title,
        description=_described(lanes, start, _end(timeline), failures, events),
        start=start,
        bucket_ms=timeline.bucket_seconds * 1000,
        lanes=tuple(lanes),
        marks=(*bursts, *map(_event_mark, events), *map(_failure_mark, failures)),
    )
    return lay_out(data, width), lay_out(data, NARROW)


def tls_error_charts(finding: Finding, incident: Incident) -> Pair | None:
    """The series of a TLS finding with its bursts and the failure; ``None`` if the finding holds no series."""
    series = finding.data.get("series")
    if not isinstance(series, Mapping):
        return None
    start, seconds, counts = wording.instant(series.get("start")), series.get("bucket_seconds"), _counts(series)
    if start is None or not isinstance(seconds, int | float) or seconds <= 0 or not counts:
        return None
    failures = [incident.time] if incident.time else []
    start, counts = _near(start, seconds * 1000, counts, incident.time)
    lane = LaneData(f"TLS errors per {_bucket(seconds)}", (Line("tls-errors", "errors", counts),), 120)
    end = Instant(int(start.wall_ms + len(counts) * seconds * 1000), start.utc_offset_minutes)
    data = ChartData(
        title="TLS errors around the failure",
        description=_described([lane], start, end, failures),
        start=start,
        bucket_ms=seconds * 1000,
        lanes=(lane,),
        marks=(*_bursts(finding.data.get("bursts")), *(_failure_mark(moment) for moment in failures)),
    )
    return lay_out(data, WIDE), lay_out(data, NARROW)


def _near(
    start: Instant, bucket_ms: float, counts: tuple[int, ...], failure: Instant | None
) -> tuple[Instant, tuple[int, ...]]:
    """The buckets around ``failure``, and where they start: the whole log stands in the timeline already."""
    if failure is None:
        return start, counts
    last = int((failure.wall_ms - start.wall_ms) // bucket_ms) + 1
    first = min(max(last - _BEFORE, 0), len(counts))
    near = counts[first : max(last, 0) + _AFTER]
    moved = Instant(int(start.wall_ms + first * bucket_ms), start.utc_offset_minutes)
    return (moved, near) if near else (start, counts)


def _levels(timeline: Timeline) -> LaneData:
    return LaneData(f"Log lines per {_bucket(timeline.bucket_seconds)}", _lines(timeline, _LEVELS), 120)


def _tls_errors(timeline: Timeline) -> LaneData:
    return LaneData(
        f"TLS errors per {_bucket(timeline.bucket_seconds)}", _lines(timeline, {"tls-errors": "errors"}), 64
    )


def _connections(timeline: Timeline) -> LaneData:
    accepted = _lines(timeline, {"accepted": "accepted"})
    closed = tuple(
        Line(line.style, line.name, line.points, stepping=True)
        for line in _lines(timeline, {"client-closed": "closed"})
    )
    return LaneData(f"Connections per {_bucket(timeline.bucket_seconds)}", accepted + closed, 84)


def _lines(timeline: Timeline, names: Mapping[str, str]) -> tuple[Line, ...]:
    """The wanted series that hold anything, in the wanted order."""
    known = {series.id: series.points for series in timeline.series}
    return tuple(Line(key, name, known[key]) for key, name in names.items() if any(known.get(key, ())))


def _filled(timeline: Timeline, failures: Sequence[Instant]) -> Timeline:
    """The timeline without the empty buckets behind its last line and the last failure."""
    last = max((at for series in timeline.series for at, count in enumerate(series.points) if count), default=-1)
    width_ms = timeline.bucket_seconds * 1000
    failed = max((int((moment.wall_ms - timeline.start.wall_ms) // width_ms) for moment in failures), default=-1)
    kept = max(last, failed) + 1
    return replace(timeline, series=tuple(replace(series, points=series.points[:kept]) for series in timeline.series))


def _zoned(start: Instant, failures: Sequence[Instant]) -> Instant:
    """``start`` in the zone that the failures agree on (a report's INFO may tell it), if its own is not known."""
    zones = {failure.utc_offset_minutes for failure in failures} - {None}
    known = start.utc_offset_minutes is None and len(zones) == 1
    return Instant(start.wall_ms, zones.pop()) if known else start


def _end(timeline: Timeline) -> Instant:
    spanned_ms = len(_longest(timeline)) * timeline.bucket_seconds * 1000
    return Instant(timeline.start.wall_ms + spanned_ms, timeline.start.utc_offset_minutes)


def _longest(timeline: Timeline) -> tuple[int, ...]:
    return max((series.points for series in timeline.series), key=len, default=())


def _failure_mark(moment: Instant) -> Mark:
    return Mark(moment.wall_ms, f"failed {wording.clock(moment)[:8]}")


def _event_mark(event: Event) -> Mark:
    return Mark(event.time.wall_ms, wording.EVENTS[event.kind], style=event.kind.value)


def _bucket(seconds: float) -> str:
    """``second``, ``minute``, ``10 s``: what one bar covers."""
    names = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}
    return names.get(int(seconds), wording.milliseconds(seconds * 1000)) if seconds >= 1 else f"{seconds * 1000:g} ms"


def _described(
    lanes: Sequence[LaneData], start: Instant, end: Instant, failures: Sequence[Instant], events: Sequence[Event] = ()
) -> str:
    """The chart in words, for whoever cannot see it."""
    figures = "; ".join(f"{lane.label}: {', '.join(map(_summed, lane.lines))}" for lane in lanes)
    marked = ", ".join(wording.clock(moment) for moment in failures)
    failed = f" Failure marked at {marked}." if marked else ""
    told = ", ".join(f"{wording.EVENTS[event.kind]} {wording.clock(event.time)}" for event in events)
    happened = f" Also marked: {told}." if told else ""
    return f"From {wording.moment(start)} to {wording.clock(end)}. {figures}.{failed}{happened}"


def _summed(line: Line) -> str:
    return f"{sum(line.points):,} {line.name}, at most {max(line.points):,}"


def _bursts(bursts: object) -> list[Mark]:
    marks = []
    for burst in bursts[:_MOST_MARKS] if isinstance(bursts, list | tuple) else ():
        if isinstance(burst, Mapping):
            start, end = wording.instant(burst.get("start")), wording.instant(burst.get("end"))
            if start is not None and end is not None:
                marks.append(Mark(start.wall_ms, "burst", end.wall_ms))
    return marks


def _counts(series: Mapping[str, object]) -> tuple[int, ...]:
    """The series' counts; nothing if they are not what a series holds."""
    counts = series.get("counts")
    if not isinstance(counts, list | tuple) or len(counts) > _MOST_BUCKETS:
        return ()
    return tuple(counts) if all(isinstance(count, int) and count >= 0 for count in counts) else ()

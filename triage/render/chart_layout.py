"""Charts over time: lanes on one time axis, laid out for a width in pixels. What a template needs to draw them."""

from collections.abc import Sequence

from triage.model import Instant
from triage.records import dataclass
from triage.render import wording
from triage.render.charts import Scale, Tick, bars, count_ticks, merged, nice_top, steps, time_ticks

WIDE, HALF, NARROW = 940, 500, 340
_LEFT, _RIGHT = 40, 12
_CHAR = 6.7
_BOLD_CHAR = 7.3
"""Widths of an average character at the charts' 12 px, for laying out legends."""
_ROW = 20
_FLAGS = 22
"""Room above the lanes for the marks' labels."""
_KEY = 16
_AXIS = 44


@dataclass(frozen=True, slots=True)
class Line:
    """One series: ``style`` names its colour, ``points`` are counts per bucket; stacked bars or a stepping line."""

    style: str
    name: str
    points: tuple[int, ...]
    stepping: bool = False


@dataclass(frozen=True, slots=True)
class LaneData:
    """The series that share one vertical axis of ``height`` pixels."""

    label: str
    lines: tuple[Line, ...]
    height: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment to point out, as wall-clock milliseconds; ``end_ms`` makes it a span. ``style`` names its colour."""

    at_ms: float
    label: str
    end_ms: float | None = None
    style: str = "failure"


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of a legend."""

    x: float
    y: float
    style: str
    text: str
    stepping: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """An SVG path in the colour of ``style``."""

    style: str
    path: str
    stepping: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane as it is drawn: label, legend, axis marks and shapes."""

    label: str
    label_y: float
    top: float
    bottom: float
    ticks: tuple[Tick, ...]
    keys: tuple[Key, ...]
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """A mark as it is drawn; ``width`` is 0 for a moment. No label if there is no room for it."""

    x: float
    width: float
    label: str
    anchor: str
    style: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the template draws, in pixels of a ``width`` by ``height`` box."""

    title: str
    description: str
    width: int
    height: int
    left: int
    right: int
    top: float
    bottom: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    axis: str
    flags: tuple[Flag, ...]
    spans: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class ChartData:
    """A chart before layout. All series have the same number of buckets of ``bucket_ms`` from ``start`` on."""

    title: str
    description: str
    start: Instant
    bucket_ms: float
    lanes: tuple[LaneData, ...]
    marks: tuple[Mark, ...] = ()


def lay_out(data: ChartData, width: int) -> Chart:
    """``data`` drawn ``width`` pixels wide: few marks and merged buckets where there is little room."""
    count = max(len(line.points) for lane in data.lanes for line in lane.lines)
    plot_left, plot_right = _LEFT, width - _RIGHT
    end_ms = data.start.wall_ms + count * data.bucket_ms
    time = Scale(data.start.wall_ms, end_ms, plot_left, plot_right)
    buckets = Scale(0, count, plot_left, plot_right)
    top = y = float(_FLAGS if data.marks else 0)
    lanes = []
    for lane in data.lanes:
        drawn = _lane(lane, y, buckets)
        lanes.append(drawn)
        y = drawn.bottom + 14
    bottom = lanes[-1].bottom
    ticks = [tick for tick in time_ticks(time, max(width // 105, 3)) if tick.at <= plot_right - 14]
    return Chart(
        title=data.title,
        description=data.description,
        width=width,
        height=int(bottom) + _AXIS,
        left=plot_left,
        right=plot_right,
        top=top,
        bottom=bottom,
        lanes=tuple(lanes),
        ticks=tuple(ticks),
        axis=f"{wording.date(data.start)}, {wording.zone(data.start)}",
        flags=tuple(_flags(data.marks, time)),
        spans=tuple(_spans(data.marks, time)),
    )


def _lane(lane: LaneData, y: float, buckets: Scale) -> Lane:
    keys, legend_end = _legend(lane, y, buckets.end)
    top = legend_end + 8
    series, group = _merged_lane(lane, int(buckets.end - buckets.start) // 2)
    scale_top = nice_top(max(_heights(series), default=1))
    vertical = Scale(0, scale_top, top + lane.height, top)
    per_group = Scale(0, buckets.high / group, buckets.start, buckets.end)
    return Lane(
        label=lane.label,
        label_y=y + 12,
        top=top,
        bottom=top + lane.height,
        ticks=tuple(count_ticks(scale_top, vertical)),
        keys=tuple(keys),
        shapes=tuple(_shapes(series, per_group, vertical)),
    )


def _merged_lane(lane: LaneData, most: int) -> tuple[list[Line], int]:
    group = 1
    series = []
    for line in lane.lines:
        points, group = merged(line.points, most)
        series.append(Line(line.style, line.name, tuple(points), line.stepping))
    return series, group


def _heights(series: Sequence[Line]) -> list[int]:
    """Per bucket the height of the stack, and of every stepping line."""
    stacked = [line.points for line in series if not line.stepping]
    single = [count for line in series if line.stepping for count in line.points]
    return [sum(counts) for counts in zip(*stacked, strict=True)] + single


def _shapes(series: Sequence[Line], x: Scale, y: Scale) -> list[Shape]:
    shapes: list[Shape] = []
    base = [0] * max(len(line.points) for line in series)
    for line in series:
        if line.stepping:
            shapes.append(Shape(line.style, steps(line.points, x, y), True))
        else:
            shapes.append(Shape(line.style, bars(base, line.points, x, y), False))
            base = [low + count for low, count in zip(base, line.points, strict=True)]
    return shapes


def _legend(lane: LaneData, y: float, right: float) -> tuple[list[Key], float]:
    """The keys behind the lane's label, wrapped into further rows where they do not fit; and where the rows end."""
    keys = []
    x = len(lane.label) * _BOLD_CHAR + 18
    for line in lane.lines:
        text = f"{line.name} {sum(line.points):,}"
        width = _KEY + len(text) * _CHAR
        if x + width > right:
            x, y = float(_LEFT), y + _ROW
        keys.append(Key(round(x, 1), y + 12, line.style, text, line.stepping))
        x += width + 16
    return keys, y + _ROW


def _flags(marks: Sequence[Mark], time: Scale) -> list[Flag]:
    """Moments with their labels, on the side where there is room; a label that would cover another is dropped.

    Failures come first: theirs is the label that must not be missed.
    """
    flags: list[Flag] = []
    taken: list[tuple[float, float]] = []
    moments = [mark for mark in marks if mark.end_ms is None and time.low <= mark.at_ms <= time.high]
    for mark in sorted(moments, key=lambda mark: (mark.style != "failure", mark.at_ms)):
        x = time(mark.at_ms)
        width = len(mark.label) * _CHAR + 12
        anchor = "start" if x + width < time.end else "end"
        begin = x if anchor == "start" else x - width
        fits = begin >= 0 and all(begin + width <= low or begin >= high for low, high in taken)
        if fits:
            taken.append((begin, begin + width))
        flags.append(Flag(x, 0, mark.label if fits else "", anchor, mark.style))
    return flags


def _spans(marks: Sequence[Mark], time: Scale) -> list[Flag]:
    spans = []
    for mark in marks:
        if mark.end_ms is not None and mark.end_ms >= time.low and mark.at_ms <= time.high:
            start, end = time(max(mark.at_ms, time.low)), time(min(mark.end_ms, time.high))
            spans.append(Flag(start, max(round(end - start, 1), 2), mark.label, "start", mark.style))
    return spans

"""Scales, ticks and paths: the arithmetic of charts, without any markup."""

from collections.abc import Sequence

from triage.model import Instant
from triage.records import dataclass
from triage.render import wording

_TIME_STEPS_MS = (
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
    3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
)  # fmt: skip
_DAY_MS = 86_400_000
_WITH_YEAR_MS = 30 * _DAY_MS
GAP_FROM = 6.0
"""Bars at least this many pixels wide stand apart."""
LEAST_HEIGHT = 1.0
"""A bar of one among thousands is still seen."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where (pixels) and what stands there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps ``low..high`` of the data to ``start..end`` in pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of ``value``, to a tenth."""
        if self.high == self.low:
            return self.start
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def nice_top(largest: float) -> int:
    """The round number at or above ``largest`` where an axis of counts ends: 1, 2, 5, 10, 20, 50 …"""
    top = 1
    while top < largest:
        for factor in (2, 5, 10):
            if top * factor >= largest:
                return top * factor
        top *= 10
    return top


def count_ticks(top: int, scale: Scale) -> list[Tick]:
    """Marks for an axis of counts: nothing, half (if it is whole) and ``top``."""
    middle = [top // 2] if top % 2 == 0 and top > 1 else []
    return [Tick(scale(value), short(value)) for value in (0, *middle, top)]


def short(count: int) -> str:
    """``1200`` as ``1.2k``."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def time_ticks(scale: Scale, most: int) -> list[Tick]:
    """At most ``most`` + 1 marks at round wall-clock times; ``scale`` is in wall-clock milliseconds."""
    span = scale.high - scale.low
    step = next((step for step in _TIME_STEPS_MS if span / step <= most), 0)
    if not step:
        step = _DAY_MS * -(-int(span) // (_DAY_MS * most))
    first = -(-int(scale.low) // step) * step
    return [Tick(scale(at), _time_label(at, step)) for at in range(first, int(scale.high) + 1, step)]


def _time_label(at: int, step: int) -> str:
    moment = Instant(at)
    if step >= _WITH_YEAR_MS:
        return wording.date(moment)
    if step >= _DAY_MS or (at % _DAY_MS == 0 and step >= 3_600_000):
        return wording.date(moment).rsplit(" ", 1)[0]
    clock = wording.clock(moment)
    if step >= 60_000:
        return clock[:5]
    return clock[:8] if step >= 1_000 else clock[:-2]


def merged(points: Sequence[int], most: int) -> tuple[list[int], int]:
    """``points`` added up in groups so that at most ``most`` are left, and the size of a group."""
    group = max(1, -(-len(points) // most))
    return [sum(points[at : at + group]) for at in range(0, len(points), group)], group


def bars(bases: Sequence[int], counts: Sequence[int], x: Scale, y: Scale) -> str:
    """An SVG path of bars standing on ``bases``; ``x`` maps bucket numbers, ``y`` counts. Nothing for a zero."""
    gap = 1.0 if x(1) - x(0) >= GAP_FROM else 0.0
    parts: list[str] = []
    at = 0
    while at < len(counts):
        if counts[at] == 0:
            at += 1
            continue
        end = at + 1
        while not gap and end < len(counts) and (counts[end], bases[end]) == (counts[at], bases[at]):
            end += 1
        left, right = x(at), x(end)
        bottom = y(bases[at])
        top = min(y(bases[at] + counts[at]), bottom - LEAST_HEIGHT)
        parts.append(f"M{left:g} {bottom:g}V{top:g}H{right - gap:g}V{bottom:g}z")
        at = end
    return "".join(parts)


def steps(counts: Sequence[int], x: Scale, y: Scale) -> str:
    """An SVG path of one line that steps from bucket to bucket."""
    if not counts:
        return ""
    parts = [f"M{x(0):g} {y(counts[0]):g}"]
    for at, count in enumerate(counts):
        if at and count != counts[at - 1]:
            parts.append(f"H{x(at):g}V{y(count):g}")
    return "".join([*parts, f"H{x(len(counts)):g}"])

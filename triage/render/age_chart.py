"""Connections by age at the failure, as horizontal bars."""

import re
from collections.abc import Mapping

from triage.records import dataclass
from triage.render.charts import Scale
from triage.render.wording import plural

WIDE, NARROW = 620, 340
_ROW, _BAR = 28, 16
_LABEL, _COUNT = 92, 48


@dataclass(frozen=True, slots=True)
class AgeBar:
    """One bucket: its label, how many connections, and the bar's place."""

    label: str
    count: int
    y: int
    width: float
    young: bool


@dataclass(frozen=True, slots=True)
class AgeChart:
    """Bars in a ``width`` by ``height`` box; they start at ``left``."""

    title: str
    description: str
    width: int
    height: int
    left: int
    bar: int
    bars: tuple[AgeBar, ...]


def age_charts(spread: object) -> tuple[AgeChart, AgeChart] | None:
    """The spread of ages (bucket to count, youngest first) for wide and narrow pages; ``None`` if there is none."""
    if not isinstance(spread, Mapping):
        return None
    counts = {_label(str(band)): count for band, count in spread.items() if isinstance(count, int)}
    if not any(counts.values()):
        return None
    return _drawn(counts, WIDE), _drawn(counts, NARROW)


def _label(band: str) -> str:
    """``<=100ms`` as ``≤ 100 ms``; other names stay."""
    return re.sub(r"^<=(\d+)([a-z]+)$", r"≤ \1 \2", band)


def _drawn(counts: Mapping[str, int], width: int) -> AgeChart:
    scale = Scale(0, max(counts.values()), 0, width - _LABEL - _COUNT)
    bars = tuple(
        AgeBar(label, count, at * _ROW, max(scale(count), 1.5) if count else 0, at == 0)
        for at, (label, count) in enumerate(counts.items())
    )
    told = ", ".join(f"{label}: {count:,}" for label, count in counts.items())
    return AgeChart(
        title="Open connections by age at the failure",
        description=f"{plural(sum(counts.values()), 'open connection')} by age. {told}.",
        width=width,
        height=len(bars) * _ROW,
        left=_LABEL,
        bar=_BAR,
        bars=bars,
    )

"""Keeps the first line of each shape, and how many lines had it: for lines that nobody foresaw."""

from dataclasses import field

from triage.model import LineShape
from triage.patterns import compiled
from triage.records import dataclass

MOST_SHAPES = 50
_LONGEST_TEXT = 200
_VARIABLE = compiled(r"[0-9a-f]{8,}|\d+")


@dataclass(slots=True)
class LineShapes:
    """Lines by shape: numbers and long hexadecimal words do not count. Beyond ``MOST_SHAPES`` no new one is kept."""

    _shapes: dict[str, LineShape] = field(default_factory=dict)

    def add(self, line: int, text: str, count: int = 1) -> None:
        """Take up ``count`` lines like the 1-based ``line``."""
        text = text[:_LONGEST_TEXT]
        shape = _VARIABLE.sub("0", text)
        seen = self._shapes.get(shape)
        if seen is not None:
            self._shapes[shape] = LineShape(min(seen.line, line), seen.text, seen.count + count)
        elif len(self._shapes) < MOST_SHAPES:
            self._shapes[shape] = LineShape(line, text, count)

    def build(self) -> tuple[LineShape, ...]:
        """The shapes in the order of their first lines."""
        return tuple(sorted(self._shapes.values(), key=lambda shape: shape.line))

"""Holds the lines of a crash report while it is being scanned: whole if it is of sane size, else head and tail."""

from collections import deque
from dataclasses import field

from triage.logs.blocks import Block
from triage.model import RawLine
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows from ``start`` up to ``end`` of a block."""

    block: Block
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def last(self, lines: int) -> "Stretch":
        """Up to so many of its last lines."""
        return Stretch(self.block, max(self.start, self.end - lines), self.end)

    def last_bytes(self, size: int) -> "Stretch":
        """As many of its last lines as have no more than ``size`` bytes together."""
        if not len(self):
            return self
        least = int(self.block.ends[self.end - 1]) - size
        first = int(self.block.starts[self.start : self.end].searchsorted(least))
        return Stretch(self.block, self.start + first, self.end)

    @property
    def size(self) -> int:
        """The bytes of its lines."""
        return int(self.block.ends[self.end - 1] - self.block.starts[self.start]) if len(self) else 0

    def raw_lines(self) -> list[RawLine]:
        """Its lines."""
        return [RawLine(self.block.first_line + row, self.block.text(row)) for row in range(self.start, self.end)]


@dataclass(slots=True)
class _Stretches:
    """Neighbouring stretches, with their lines and bytes added up."""

    parts: deque[Stretch] = field(default_factory=deque)
    lines: int = 0
    size: int = 0

    def append(self, part: Stretch) -> None:
        self.parts.append(part)
        self.lines += len(part)
        self.size += part.size

    def drop_first(self) -> None:
        part = self.parts.popleft()
        self.lines -= len(part)
        self.size -= part.size

    def raw_lines(self) -> list[RawLine]:
        return [line for part in self.parts for line in part.raw_lines()]


@dataclass(slots=True)
class RegionLines:
    """Lines in file order; of more than ``most_lines`` or ``most_bytes`` the middle is dropped."""

    most_lines: int
    most_bytes: int
    cut: bool = False
    _head: _Stretches = field(default_factory=_Stretches)
    _tail: _Stretches = field(default_factory=_Stretches)

    @property
    def size(self) -> int:
        """The bytes held."""
        return self._head.size + self._tail.size

    def take(self, block: Block, start: int, end: int) -> None:
        """Append the rows from ``start`` up to ``end`` of a block."""
        middle = start
        if not self._tail.parts:
            middle = min(end, start + self._room(block, start))
            if middle > start:
                self._head.append(Stretch(block, start, middle))
        for at in range(middle, end, self._step):
            self._tail.append(Stretch(block, at, min(at + self._step, end)))
            while self._tail.lines > self.most_lines // 2 or self._tail.size > self.most_bytes // 2:
                self._tail.drop_first()
                self.cut = True

    def raw_lines(self) -> tuple[RawLine, ...]:
        """The lines that are kept."""
        return (*self._head.raw_lines(), *self._tail.raw_lines())

    @property
    def _step(self) -> int:
        """The tail is dropped in pieces of so many lines."""
        return max(1, self.most_lines // 64)

    def _room(self, block: Block, start: int) -> int:
        """How many rows from ``start`` on the head can still take."""
        bytes_left = self.most_bytes // 2 - self._head.size
        by_size = int(block.ends.searchsorted(block.starts[start] + bytes_left, side="right")) - start
        least = 0 if self._head.parts else 1
        return max(least, min(self.most_lines // 2 - self._head.lines, by_size))

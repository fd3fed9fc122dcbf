"""Keeps the lines that tell of a server's life, within limits that a crash loop of months does not exceed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import field

from triage.logs.scanned import LogLine
from triage.records import dataclass

MOST_LINES = 60_000
MOST_OF_A_NAME = 15_000
"""A kind of line that comes so often must not take the place of those that say how a process ended."""
MOST_BYTES = 16 << 20
LONGEST_TEXT = 4 << 10
"""Servers cut their messages at 1023 bytes; some print paths and settings of any length."""


@dataclass(slots=True)
class ToldLines:
    """The first lines of each name, in the order of the log."""

    share: int = 1
    """How many have the room together."""
    lines: list[LogLine] = field(default_factory=list)
    dropped: int = 0
    _size: int = 0
    _by_name: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, lines: Iterable[LogLine]) -> "ToldLines":
        """Those of ``lines`` for which there is room."""
        told = cls()
        for line in lines:
            if told.takes(line.name, line.line):
                told.append(line)
        return told

    def takes(self, name: str, line: int) -> bool:
        """Whether the 1-based ``line``, which is of that name, is new, and there is room for it."""
        if self.lines and self.lines[-1].line == line:
            return False
        counts = (len(self.lines), self._by_name[name], self._size)
        limits = (MOST_LINES, MOST_OF_A_NAME, MOST_BYTES)
        room = all(count < most // self.share for count, most in zip(counts, limits, strict=True))
        self.dropped += not room
        return room

    def append(self, line: LogLine) -> None:
        """Keep a line."""
        self.lines.append(line)
        self._by_name[line.name] += 1
        self._size += 2 * len(line.text)

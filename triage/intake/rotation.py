"""Finds the parts into which a log was rotated, and reads them as the one log that they are."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import groupby

from triage.intake.source import Source
from triage.intake.stamps import first_stamp, newest_first
from triage.intake.wrappers import server_line
from triage.patterns import compiled
from triage.records import dataclass

# `.gz` and its like; then logrotate's number (with `dateext` a date), or a date before the suffix.
_COMPRESSED = compiled(r"\.(?:gz|zst|xz|bz2)$")
_NUMBER = compiled(r"\.(?P<number>\d{1,3})$")
_DATE = compiled(r"[-._](?P<date>\d{4}-?\d\d-?\d\d(?:[-_T.]?\d{2,6})?)(?P<suffix>\.log)?$")


@dataclass(slots=True)
class Log:
    """A log as the server wrote it: one source, or the parts of one in the order of their times."""

    parts: tuple[Source, ...]
    line_counts: list[int] = field(default_factory=list)
    """Lines per part, as far as they have been read."""
    _starts: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The oldest part's name."""
        return self.parts[0].name

    def head(self) -> bytes:
        """The first bytes of the oldest part."""
        return b"".join(self.parts[0].head())

    def blocks(self) -> Iterator[bytes]:
        """The bytes of all parts. Rotation by copying may cut a line in two: it is made whole."""
        if len(self.parts) == 1:
            yield from self.parts[0].blocks()
            return
        self.line_counts, self._starts = [], []
        newlines, last = 0, b"\n"
        for part in self.parts:
            if not last.endswith(b"\n") and server_line().match(b"".join(part.head())):
                yield b"\n"
                newlines += 1
            self._starts.append(newlines)
            for block in part.blocks():
                newlines += block.count(b"\n")
                last = block or last
                yield block
            self.line_counts.append(newlines - self._starts[-1] + (not last.endswith(b"\n")))

    def end(self, size: int) -> Source | None:
        """The last ``size`` bytes of the newest part; ``None`` where the log's newest lines are not to be had so."""
        return None if newest_first(self.head()) else self.parts[-1].end(size)

    def place(self, line: int) -> tuple[Source, int]:
        """The part that holds a line of the whole, and the line's number there."""
        if len(self._starts) < 2:
            return self.parts[0], line
        at = max(0, bisect_left(self._starts, line) - 1)
        return self.parts[at], line - self._starts[at]


def logs_of(sources: Sequence[Source]) -> list[Log]:
    """The logs among the sources, in the order in which they were given."""
    logs = [source for source in sources if source.kind == "log"]
    stems = {id(source): _stem(source.name) for source in logs}
    order = {stem: number for number, stem in reversed(list(enumerate(stems.values())))}
    together = sorted(logs, key=lambda source: order[stems[id(source)]])
    return [Log(_in_order(list(parts))) for _, parts in groupby(together, key=lambda source: stems[id(source)])]


def _stem(name: str) -> str:
    name = _COMPRESSED.sub("", name)
    shorter = _NUMBER.sub("", name)
    return _DATE.sub(lambda match: match["suffix"] or "", shorter)


def _in_order(parts: list[Source]) -> tuple[Source, ...]:
    by_name = sorted(parts, key=lambda part: _age(part.name), reverse=True)
    stamps = {id(part): first_stamp(b"".join(part.head())) for part in parts}
    if any(stamp is None for stamp in stamps.values()):
        # A part that begins inside a crash report has no time before its end.
        return tuple(by_name)
    return tuple(sorted(by_name, key=lambda part: stamps[id(part)] or 0.0))


def _age(name: str) -> tuple[int, int]:
    """Greater for older parts: by number, or by date, and the one without either is the newest."""
    name = _COMPRESSED.sub("", name)
    if match := _NUMBER.search(name):
        return 2, int(match["number"])
    if match := _DATE.search(name):
        return 1, -int(re.sub(r"\D", "", match["date"])[:8])
    return 0, 0

"""Cuts a long log in two where nothing happens, so that its halves can be read at the same time."""

from collections.abc import Iterator

from triage.intake.recognise import as_written, layers_of
from triage.intake.rotation import Log
from triage.intake.samples import samples
from triage.intake.source import Source
from triage.intake.stamps import newest_first
from triage.records import dataclass

LONG = 256 << 20
"""Shorter logs are read in one go. The cut does not depend on the machine: the same log gives the same report."""
_AROUND = 48 << 10
"""Bytes before and behind the cut that must be ordinary lines."""
_STEP = 1 << 20
_MOST_TRIES = 32
_FIRST_SHARE = 0.51
"""The halves are read as fast if what was found in the second has been handed over when the first has been read."""


@dataclass(slots=True)
class Half:
    """Half of a log. ``is_whole`` tells, once it has been read, whether it is the server's lines and all of them."""

    source: Source
    _wrapped: bool = False

    @property
    def name(self) -> str:
        """The log's name."""
        return self.source.name

    @property
    def is_whole(self) -> bool:
        """Whether nothing stood around its lines and reading it did not fail."""
        return not self._wrapped and not self.source.problems

    def windows(self, size: int, behind: int) -> Iterator[tuple[bytes, int]]:
        """Pieces of ``size`` bytes, of which the first ones, so many as is told, are the next whole lines.

        ``behind`` bytes or more follow these, if the half goes on. It ends where something is found around the lines.
        """
        for piece, whole in self.source.windows(size, behind):
            self._wrapped = not whole or any(layers_of(sample) for sample in samples(piece, 0, whole))
            if self._wrapped:
                return
            yield piece, whole


def halves(log: Log) -> tuple[Half, Half] | None:
    """The halves of a log, if that is one long plain file as a server writes it with a quiet place in the middle."""
    if len(log.parts) != 1 or (log.parts[0].bytes or 0) < LONG or newest_first(log.head()) or layers_of(log.head()):
        return None
    (whole,) = log.parts
    size = whole.bytes or 0
    at = _quiet_place(whole, int(_FIRST_SHARE * size))
    if at is None:
        return None
    first, second = whole.between(0, at), whole.between(at, size)
    return (Half(first), Half(second)) if first is not None and second is not None else None


def _quiet_place(whole: Source, middle: int) -> int | None:
    """The start of a line from the middle on with ordinary lines around it."""
    for attempt in range(_MOST_TRIES):
        begin = middle + attempt * _STEP
        around = whole.between(begin, begin + 2 * _AROUND)
        text = b"".join(around.blocks()) if around is not None else b""
        start, cut, end = text.find(b"\n"), text.find(b"\n", _AROUND), text.rfind(b"\n")
        if 0 <= start < cut < end and as_written(text[start + 1 : end + 1]):
            return begin + cut + 1
    return None

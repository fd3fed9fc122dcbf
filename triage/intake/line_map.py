"""Which line of the file a line of the unwrapped log came from."""

import tempfile
from dataclasses import field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from triage.records import dataclass

_BREAKS_IN_MEMORY = 1 << 12


@dataclass(slots=True)
class LineMap:
    """A growing map from unwrapped to original 1-based line numbers.

    Only the breaks are stored: the lines whose original does not follow that of the line before. Where writers take
    turns at every line there are many; beyond some thousand they go to an unnamed temporary file.
    """

    _next: int = 1
    _offset: int | None = None
    _here: list[NDArray[np.int64]] = field(default_factory=list)
    _there: list[NDArray[np.int64]] = field(default_factory=list)
    _held: int = 0
    _files: tuple[IO[bytes], IO[bytes]] | None = None

    def add(self, originals: range | NDArray[np.int64]) -> None:
        """The next unwrapped lines began on these lines of the file."""
        if isinstance(originals, range):
            if originals.start - self._next != self._offset:
                self._add(np.array([originals.start]))
                self._next -= 1
            self._next += len(originals)
        else:
            self._add(originals)

    def _add(self, originals: NDArray[np.int64]) -> None:
        here = np.arange(self._next, self._next + len(originals), dtype=np.int64)
        self._next += len(originals)
        offsets = originals - here
        before = np.concatenate(([offsets[0] - 1 if self._offset is None else self._offset], offsets[:-1]))
        breaks = np.flatnonzero(offsets != before)
        self._offset = int(offsets[-1])
        if len(breaks):
            self._here.append(here[breaks])
            self._there.append(originals[breaks])
            self._held += len(breaks)
            if self._held > _BREAKS_IN_MEMORY:
                self._spill()

    @property
    def is_identity(self) -> bool:
        """Whether every line stands where it stood."""
        return self._files is None and self._held <= 1 and self._offset in (None, 0)

    def original(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """The original numbers of unwrapped ``lines``."""
        if self.is_identity or not len(lines):
            return lines
        here, there = self._columns()
        at = np.maximum(np.searchsorted(here, lines, side="right") - 1, 0)
        found: NDArray[np.int64] = lines - here[at] + there[at]
        return found

    def _spill(self) -> None:
        if self._files is None:
            self._files = (tempfile.TemporaryFile(), tempfile.TemporaryFile())  # noqa: SIM115 - as long as the map
        for file, column in zip(self._files, (self._here, self._there), strict=True):
            np.concatenate(column).tofile(file)
            column.clear()
        self._held = 0

    def _columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if self._files is not None:
            if self._held:
                self._spill()
            here, there = (np.memmap(file, dtype=np.int64, mode="r") for file in self._files)
            return here, there
        self._here, self._there = [np.concatenate(self._here)], [np.concatenate(self._there)]
        return self._here[0], self._there[0]

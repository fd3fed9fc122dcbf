"""Which line of the file a line of the unwrapped log came from."""

from array import array

import numpy as np
from numpy.typing import NDArray


class LineMap:
    """A growing map from unwrapped to original 1-based line numbers; only the breaks are stored."""

    def __init__(self) -> None:
        self._here = array("q")
        self._there = array("q")
        self._next = 1

    def add(self, original: int) -> None:
        """The next unwrapped line began on line ``original`` of the file."""
        if not self._here or original - self._next != self._there[-1] - self._here[-1]:
            self._here.append(self._next)
            self._there.append(original)
        self._next += 1

    @property
    def is_identity(self) -> bool:
        """Whether every line stands where it stood."""
        return len(self._here) == 0 or (len(self._here) == 1 and self._here[0] == self._there[0])

    def original(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """The original numbers of unwrapped ``lines``."""
        if self.is_identity:
            return lines
        here: NDArray[np.int64] = np.asarray(self._here, np.int64)
        there: NDArray[np.int64] = np.asarray(self._there, np.int64)
        at = np.maximum(np.searchsorted(here, lines, side="right") - 1, 0)
        return lines - here[at] + there[at]

"""The private directory of one run: what must lie on a disk to be read goes there, and all of it is removed again."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

_PIECE = 64 << 10
_ZEROS = bytes(_PIECE)


class Workspace:
    """A directory that only this user may read, made when it is first needed. Use it as a context manager."""

    def __init__(self) -> None:
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._files = 0

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the directory with all that is in it."""
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def keep(self, blocks: Iterable[bytes]) -> Path:
        """A new file with these bytes; it takes no room where they are zero, as most of a core is. Raises OSError."""
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="triage-", ignore_cleanup_errors=True)
        self._files += 1
        # The file's name is ours: no name from an archive ever becomes part of a path.
        path = Path(self._directory.name) / f"{self._files:06}"
        with path.open("xb") as file:
            size = 0
            for piece in _pieces(blocks):
                size += len(piece)
                if piece == _ZEROS[: len(piece)]:
                    file.seek(size)
                else:
                    file.write(piece)
            file.truncate(size)
        return path


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        for at in range(0, len(block), _PIECE):
            yield block[at : at + _PIECE]

"""A progress bar for people: on standard error, only if it is a terminal, only after a second."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_SECONDS = 1.0


@contextmanager
def progress_bar(inputs: Sequence[str]) -> Iterator[Callable[[int], None] | None]:
    """A callback that takes the bytes read so far, or ``None`` if nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = _LateBar(inputs)
    try:
        yield bar.update
    finally:
        bar.stop()


class _LateBar:
    def __init__(self, inputs: Sequence[str]) -> None:
        self._inputs = inputs
        self._started = time.monotonic()
        self._shown: tuple[Progress, TaskID] | None = None

    def update(self, done: int) -> None:
        if self._shown is None:
            if time.monotonic() - self._started < PATIENCE_SECONDS:
                return
            self._shown = self._show()
        progress, task = self._shown
        progress.update(task, completed=done)

    def _show(self) -> "tuple[Progress, TaskID]":
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        progress.start()
        return progress, progress.add_task("read", total=self._total())

    def _total(self) -> int | None:
        """The size of all inputs if they are plain files; unknown for streams and compressed files."""
        paths = [Path(name) for name in self._inputs]
        plain = all(path.is_file() and path.suffix not in (".gz", ".zst", ".xz", ".bz2") for path in paths)
        return sum(path.stat().st_size for path in paths) if plain else None

    def stop(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()

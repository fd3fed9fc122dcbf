"""A progress bar for people: on standard error, only if it is a terminal, only after a second."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_SECONDS = 1.0


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int | None], None] | None]:
    """A callback that takes the bytes read so far and those of all inputs, or ``None`` if nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = _LateBar()
    try:
        yield bar.update
    finally:
        bar.stop()


class _LateBar:
    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown: tuple[Progress, TaskID] | None = None

    def update(self, done: int, total: int | None) -> None:
        if self._shown is None:
            if time.monotonic() - self._started < PATIENCE_SECONDS:
                return
            self._shown = self._show(total)
        progress, task = self._shown
        progress.update(task, completed=done)

    def _show(self, total: int | None) -> "tuple[Progress, TaskID]":
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        measures = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        columns = (TextColumn("reading"), BarColumn(), *measures)
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        progress.start()
        return progress, progress.add_task("read", total=total)

    def stop(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()

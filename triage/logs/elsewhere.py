"""Lets another process work meanwhile, where the system can fork one."""

import gc
import os
import pickle
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from signal import SIGKILL
from typing import Generic, TypeVar

T = TypeVar("T")


class Elsewhere(Generic[T]):
    """``work``, done by a forked process; by this one, when the result is asked for, where that is not safe.

    Its process is stopped when the context ends.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the context
        self._pid: int | None = None

    def __enter__(self) -> "Elsewhere[T]":
        # A fork takes along what other threads hold locked, and frameworks of macOS do not survive it.
        if sys.platform == "linux" and threading.active_count() == 1:
            gc.freeze()
            self._pid = os.fork()
            if self._pid == 0:
                self._run()
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, SIGKILL)
            os.waitpid(self._pid, 0)

    @property
    def forked(self) -> bool:
        """Whether there is another process."""
        return self._pid is not None

    def result(self) -> T:
        """What came of the work; it is done here if the other process died over it."""
        if self._pid is None:
            return self._work()
        _, status = os.waitpid(self._pid, 0)
        self._pid = None
        if status:
            return self._work()
        self._file.seek(0)
        found: T = pickle.load(self._file)
        return found

    def _run(self) -> None:
        """The other process, which leaves nothing of this one's to be cleaned up twice."""
        status = 1
        try:
            pickle.dump(self._work(), self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self._file.flush()
            status = 0
        finally:
            os._exit(status)

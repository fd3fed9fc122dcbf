"""Lets another process work meanwhile, where the system can fork one."""

import ctypes
import gc
import os
import pickle
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from signal import SIGKILL
from typing import IO, Generic, TypeVar

T = TypeVar("T")

_SIGNAL_AT_PARENTS_DEATH = 1
"""``PR_SET_PDEATHSIG``: nobody waits for the answer any more when the process that forked was killed."""


class Elsewhere(Generic[T]):
    """``work``, done by a forked process; by this one, when the result is asked for, where that is not safe or fails.

    Its process is stopped when the context ends.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._answer: IO[bytes] | None = None
        self._pid: int | None = None

    def __enter__(self) -> "Elsewhere[T]":
        # A fork takes along what other threads hold locked, and frameworks of macOS do not survive it.
        if sys.platform == "linux" and threading.active_count() == 1:
            # Where the system has no more files or processes to give, the work is done here.
            with suppress(OSError):
                self._answer = os.fdopen(os.memfd_create("answer"), "w+b")
                self._pid = os.fork()
            if self._pid == 0 and self._answer is not None:
                self._run(self._answer)
        return self

    def __exit__(self, *_: object) -> None:
        if self._answer is not None:
            self._answer.close()
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, SIGKILL)
            os.waitpid(self._pid, 0)

    def result(self) -> T:
        """What came of the work; it is done here if the other process died over it."""
        if self._pid is None or self._answer is None:
            return self._work()
        _, status = os.waitpid(self._pid, 0)
        self._pid = None
        if status:
            return self._work()
        self._answer.seek(0)
        found: T = pickle.load(self._answer)
        return found

    def _run(self, answer: IO[bytes]) -> None:
        """The other process, which leaves nothing of this one's to be cleaned up twice."""
        status = 1
        try:
            # What a collection visits, it writes to: pages that both processes share would be copied.
            gc.freeze()
            ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, SIGKILL)
            pickle.dump(self._work(), answer, protocol=pickle.HIGHEST_PROTOCOL)
            answer.flush()
            status = 0
        finally:
            os._exit(status)

"""Works ahead in a second thread: reading and array operations leave the interpreter free for the first one."""

from collections.abc import Iterable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

_DEPTH = 1
"""Items that wait; two more are in the hands of the two threads. Each is a block, so that memory stays small."""
_PATIENCE_S = 0.2


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items in the same order, the next one being made while the caller works on the last one.

    The thread is started when there is a second item. What ``items`` raises is raised here, at its place.
    """
    source = iter(items)
    for first in source:
        yield first
        break
    for second in source:
        yield from _threaded(second, source)


def _threaded(first: T, source: Iterator[T]) -> Iterator[T]:
    ready: Queue[tuple[T | None, BaseException | None]] = Queue(_DEPTH)
    stopped = Event()

    def put(item: T | None, error: BaseException | None = None) -> None:
        while not stopped.is_set():
            try:
                ready.put((item, error), timeout=_PATIENCE_S)
            except Full:
                continue
            return

    def work() -> None:
        try:
            for item in source:
                put(item)
                if stopped.is_set():
                    return
        except BaseException as error:  # handed over to the caller, whatever it is
            put(None, error)
        else:
            put(None)

    thread = Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        yield first
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stopped.set()
        thread.join()

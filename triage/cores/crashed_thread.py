"""Which thread crashed. The first one of a core is only the one that the last signal happened to reach."""

from collections.abc import Sequence

from triage.cores.frames import SignalContext
from triage.cores.threads import CoreThread
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class Crashed:
    """The thread that failed, and why it is taken for that. ``context`` is what the fatal signal interrupted."""

    tid: int
    why: str
    context: SignalContext | None = None


def crashed_thread(threads: Sequence[CoreThread]) -> Crashed | None:
    """The thread that holds the signal frame of a fatal signal, else the first one; ``None`` if there are no threads.

    The server's handler raises the signal again with ``kill(getpid())``, which the kernel may deliver to any thread,
    and its memory test may crash another one before: the frame of the first signal stays where it was. After an
    assertion it is the memory test itself that may leave such a frame, inside ``_serverAssert``.
    """
    for thread in threads:
        context = thread.fatal_context
        if context:
            return Crashed(thread.tid, "the frame of a fatal signal is on its stack", context)
    if not threads:
        return None
    return Crashed(threads[0].tid, "the kernel names it first, and no stack holds the frame of a fatal signal")

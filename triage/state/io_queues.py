"""How many jobs waited for the I/O threads (io_threads.c): rings in Valkey 8.0 to 9.0, shared queues in 9.1."""

from collections.abc import Mapping

from triage.model.client import ClientValue
from triage.state.program import Program
from triage.state.values import Value, number

_JOBS = "io_jobs"
_SHARED: Mapping[str, str] = {"jobs_shared": "io_shared_inbox", "jobs_done": "io_shared_outbox"}
_PRIVATE = "io_private_inbox"
_SOURCES = ("io_threads.c",)
MOST_THREADS = 256


def read_io_queues(server: Value, program: Program) -> Mapping[str, ClientValue]:
    """``jobs_io_thd_1`` and so on with the jobs for each thread, ``jobs_shared`` for any, ``jobs_done`` by them.

    Empty in versions without such queues.
    """
    count = number(server, "io_threads_num")
    if count is None or not 0 < count <= MOST_THREADS:
        return {}
    rings = _variable(server, program, _JOBS) or _variable(server, program, _PRIVATE)
    queues = list(rings.elements(count)) if rings is not None else []
    named = {f"jobs_io_thd_{index}": queue for index, queue in enumerate(queues) if index}
    shared = {name: _variable(server, program, variable) for name, variable in _SHARED.items()}
    waiting = {name: _waiting(queue) for name, queue in {**named, **shared}.items() if queue is not None}
    return {name: jobs for name, jobs in waiting.items() if jobs is not None}


def _variable(server: Value, program: Program, name: str) -> Value | None:
    kind, address = program.types.variable(name, _SOURCES, everywhere=False), program.address_of(name)
    return None if kind is None or address is None else Value(server.process, kind, address)


def _waiting(queue: Value) -> int | None:
    """The jobs between the two ends.

    In rings the main thread puts in at the head and the I/O thread takes out at the tail, each kept below the size;
    in the queues of 9.1 (queues.h) it is the other way round, and both only grow.
    """
    head, tail, size = number(queue, "head"), number(queue, "tail"), number(queue, "size")
    if head is None or tail is None:
        return None
    if size:
        return (head - tail) % size
    room = number(queue, "queue_size")
    return min(max(tail - head, 0), room) if room else None

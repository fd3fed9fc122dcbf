"""How many jobs waited for each I/O thread (io_threads.c of Valkey 8.0 to 9.0, ``IOJobQueue``)."""

from collections.abc import Mapping

from triage.model.client import ClientValue
from triage.state.program import Program
from triage.state.values import Value

_JOBS = "io_jobs"
_SOURCES = ("io_threads.c",)
MOST_THREADS = 256


def read_io_queues(server: Value, program: Program) -> Mapping[str, ClientValue]:
    """``jobs_io_thd_1`` and so on with the number of jobs in each ring; empty in versions that have no such rings."""
    rings, address = program.types.variable(_JOBS, _SOURCES, everywhere=False), program.address_of(_JOBS)
    configured = server.field("io_threads_num")
    count = configured.number() if configured is not None else None
    if rings is None or address is None or count is None or not 0 < count <= MOST_THREADS:
        return {}
    queues = list(Value(server.process, rings, address).elements(count))
    waiting = {f"jobs_io_thd_{index}": _waiting(queue) for index, queue in enumerate(queues) if index}
    return {name: jobs for name, jobs in waiting.items() if jobs is not None}


def _waiting(ring: Value) -> int | None:
    """The main thread puts in at the head, the I/O thread takes out at the tail."""
    head, tail, size = (found.number() if (found := ring.field(name)) else None for name in ("head", "tail", "size"))
    if head is None or tail is None or not size:
        return None
    return (head - tail) % size

"""What threads wait for, seen from the system call that they sleep in: futex(2), under every lock.

Layouts: glibc ``struct __pthread_mutex_s`` (lock, count, owner), musl ``pthread_mutex_t`` (the lock word holds the
owner). Condition variables and semaphores have no owner.
"""

from collections.abc import Collection, Sequence

from triage.cores.machine import Machine
from triage.cores.memory import Memory
from triage.cores.notes import DumpedThread
from triage.records import dataclass

_OPERATION = 0x7F
_WAIT, _LOCK_PI, _WAIT_BITSET, _LOCK_PI2 = 0, 6, 9, 13
_WAITS = frozenset((_WAIT, _LOCK_PI, _WAIT_BITSET, _LOCK_PI2))
_TAKEN = frozenset((1, 2))
_GLIBC_OWNER_AT = 8
_TID_BITS = 0x3FFFFFFF


@dataclass(frozen=True, slots=True)
class Wait:
    """A thread sleeps in futex(2) on the word at ``address``. ``owner`` is the thread that must act, if it is known.

    ``kind``: ``mutex`` (the owner holds it), ``join`` (the owner must end), or ``futex`` for anything else.
    """

    address: int
    kind: str
    owner: int | None = None


def wait_of(thread: DumpedThread, tids: Collection[int], machine: Machine, memory: Memory) -> Wait | None:
    """What ``thread`` waits for, or ``None`` if it does not sleep in futex(2). ``tids`` are all threads."""
    number, address, operation = thread.in_call
    if number != machine.futex or operation & _OPERATION not in _WAITS:
        return None
    call = memory.read(thread.registers[machine.pc] - len(machine.system_call_code), len(machine.system_call_code))
    if call is not None and call != machine.system_call_code:
        return None
    value, owner = _number(memory, address), _number(memory, address + _GLIBC_OWNER_AT)
    if operation & _OPERATION == _WAIT and value in _TAKEN and owner in tids:
        return Wait(address, "mutex", owner)
    if value is not None and value & _TID_BITS in tids:
        return Wait(address, "join" if value in tids else "mutex", value & _TID_BITS)
    return Wait(address, "futex")


def deadlocks(waits: Sequence[tuple[int, Wait | None]]) -> tuple[tuple[int, ...], ...]:
    """The rings of threads in which each waits for the next, from pairs of a tid and what it waits for."""
    waits_for = {tid: wait.owner for tid, wait in waits if wait is not None and wait.owner is not None}
    rings, done = [], set[int]()
    for start in waits_for:
        path: list[int] = []
        tid: int | None = start
        while tid in waits_for and tid not in done:
            done.add(tid)
            path.append(tid)
            tid = waits_for[tid]
        if tid in path:
            rings.append(tuple(path[path.index(tid) :]))
    return tuple(rings)


def _number(memory: Memory, address: int) -> int | None:
    raw = memory.read(address, 4)
    return None if raw is None else int.from_bytes(raw, "little")

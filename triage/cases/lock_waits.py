"""Who waits for whom: the locks that threads of a core sleep on, as far as the lock says who holds it."""

from triage.cores import Core
from triage.cores.locks import deadlocks
from triage.model import Evidence, Finding, Hex, Outcome

FINDING, TITLE = "lock-waits", "Threads that wait for each other"
MOST_NAMED = 8


def lock_waits(core: Core) -> Finding | None:
    """The waits for locks with an owner, and rings of them; ``None`` if no thread waits for such a one.

    I/O threads that are parked wait for a mutex that the main thread holds: that alone is no fault.
    """
    waits = [(thread, thread.wait) for thread in core.threads if thread.wait is not None]
    owned = [(thread.tid, wait) for thread, wait in waits if wait.owner is not None]
    if not owned:
        return None
    rings = deadlocks(owned)
    pairs = [f"{tid} for {wait.owner} ({wait.kind} at {wait.address:#x})" for tid, wait in owned]
    more = f" and {len(pairs) - MOST_NAMED} more" if len(pairs) > MOST_NAMED else ""
    text = f"Threads that wait: {', '.join(pairs[:MOST_NAMED])}{more}."
    if rings:
        told = "; ".join(" waits for ".join(map(str, (*ring, ring[0]))) for ring in rings)
        text = f"A deadlock: thread {told}. {text}"
    data = {
        "waits": [
            {"tid": tid, "owner": wait.owner, "kind": wait.kind, "address": hex(wait.address)} for tid, wait in owned
        ],
        "deadlocks": [list(ring) for ring in rings],
    }
    outcome = Outcome.SUPPORTS if rings else Outcome.NEUTRAL
    return Finding(
        FINDING, TITLE, outcome, 0.95 if rings else 0.0, text, data, tuple(_proof(core, owned[0][1].address))
    )


def _proof(core: Core, address: int) -> list[Evidence]:
    offset = core.memory.dumped.offset_of(address)
    return [] if offset is None else [Evidence(core.name, f"the lock at {address:#x}", offset=Hex(offset))]

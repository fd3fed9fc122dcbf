"""The memory of a dead process in a few lines."""

from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """All ranges of one kind (``code``, ``stacks``, ``anonymous`` …).

    ``ranges`` counts them; ``mapped`` is their size, ``dumped`` what the core holds of it, in bytes.
    """

    kind: str
    ranges: int
    mapped: int
    dumped: int

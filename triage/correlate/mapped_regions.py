"""The writable memory that the report's memory test lists: the only part of the address space that a log shows."""

from triage.model import Incident
from triage.patterns import compiled
from triage.records import dataclass
from triage.terminals import terminals

_HEADS = ("*** Preparing", "Testing ")


@dataclass(frozen=True, slots=True)
class Region:
    """Addresses from ``start`` up to, not including, ``end``; ``line`` is the report's line that states it."""

    start: int
    end: int
    line: int

    def __contains__(self, address: int) -> bool:
        return self.start <= address < self.end


def mapped_regions(incident: Incident) -> tuple[Region, ...]:
    """The regions in the order of the report; empty where the memory test was off or never reached."""
    pattern = compiled(terminals("report")["memory_test__TESTING"])
    found = []
    for line in incident.raw:
        match = pattern.fullmatch(line.text.rstrip()) if line.text.startswith(_HEADS) else None
        if match is not None:
            start = int(match["start"] or match["old_start"], 16)
            found.append(Region(start, start + int(match["bytes"] or match["old_bytes"]), line.line))
    return tuple(found)

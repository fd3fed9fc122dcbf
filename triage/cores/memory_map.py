"""The memory map in a few lines: how much of each kind there was, and how much of that is in the core."""

from bisect import bisect_right
from enum import StrEnum

from triage.cores.core import Core
from triage.cores.elf_core import PF_R, PF_X, Segment
from triage.records import dataclass


class MemoryKind(StrEnum):
    """What a range of memory is for."""

    CODE = "code"
    FILE = "mapped files"
    STACK = "stacks"
    ANONYMOUS = "anonymous"
    GUARD = "guard pages and reserved"


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """All ranges of one kind: their number, their size and what was dumped of it, in bytes."""

    kind: MemoryKind
    ranges: int
    mapped: int
    dumped: int


def memory_map(core: Core) -> tuple[MemoryUse, ...]:
    """One row for each kind that occurs, in the order of ``MemoryKind``."""
    stacks = sorted(sp for thread in core.threads if (sp := thread.registers.get(core.machine.sp)) is not None)
    starts = [file.start for file in core.files]
    kinds: dict[MemoryKind, list[Segment]] = {kind: [] for kind in MemoryKind}
    for segment in core.memory.dumped.segments:
        at = bisect_right(starts, segment.start) - 1
        mapped = at >= 0 and segment.start < core.files[at].end
        kinds[_kind(segment, mapped, stacks)].append(segment)
    return tuple(
        MemoryUse(kind, len(found), sum(one.memory_size for one in found), sum(one.file_size for one in found))
        for kind, found in kinds.items()
        if found
    )


def _kind(segment: Segment, mapped: bool, stacks: list[int]) -> MemoryKind:
    if segment.flags & PF_X:
        return MemoryKind.CODE
    if mapped:
        return MemoryKind.FILE
    if not segment.flags & PF_R:
        return MemoryKind.GUARD
    after = bisect_right(stacks, segment.start - 1)
    return MemoryKind.STACK if after < len(stacks) and stacks[after] < segment.end else MemoryKind.ANONYMOUS

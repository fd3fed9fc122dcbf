"""Threads grouped by equal stacks: of a pool of idle threads one has to be read."""

from collections.abc import Iterable

from triage.cores.threads import CoreThread
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class StackGroup:
    """Threads whose stacks consist of the same code addresses, in the order in which the core has them."""

    threads: tuple[CoreThread, ...]


def stack_groups(threads: Iterable[CoreThread]) -> tuple[StackGroup, ...]:
    """The groups, in the order of their first threads."""
    groups: dict[tuple[int, ...], list[CoreThread]] = {}
    for thread in threads:
        groups.setdefault(tuple(frame.pc for frame in thread.frames), []).append(thread)
    return tuple(StackGroup(tuple(group)) for group in groups.values())

"""Recursion in a stack: folded where a frame list is shown, named where it is what filled the stack."""

from collections.abc import Sequence

CYCLE_LIMIT = 8
"""Longest cycle of functions that is looked for."""
MANY_FRAMES = 24
"""A cycle this long in all is an overflow of the stack, not a command that calls itself once or twice.

Reports print at most 100 frames of a thread. Lua allows 200 nested C calls, a nested reply or a script seven levels.
"""


def fold_recursion(names: Sequence[str]) -> tuple[str, ...]:
    """The names with immediate repetitions of a cycle reduced to one turn: ``a b a b c`` becomes ``a b c``."""
    folded: list[str] = []
    for name in names:
        folded.append(name)
        for size in range(1, min(CYCLE_LIMIT, len(folded) // 2) + 1):
            if folded[-size:] == folded[-2 * size : -size]:
                del folded[-size:]
                break
    return tuple(folded)


def endless_cycle(names: Sequence[str | None]) -> tuple[str, ...] | None:
    """The cycle of functions that fills a stack, ``None`` if there is none.

    Which of its functions met the guard page is chance, so the cycle begins at the one that is first in the alphabet.
    """
    for size in range(1, CYCLE_LIMIT + 1):
        start, length = _longest_repetition(names, size)
        cycle = [name for name in names[start : start + size] if name is not None]
        if length >= max(MANY_FRAMES, 3 * size) and len(cycle) == size:
            return min(tuple(cycle[turn:] + cycle[:turn]) for turn in range(size))
    return None


def _longest_repetition(names: Sequence[str | None], size: int) -> tuple[int, int]:
    """Start and length of the longest run in which every name stands again ``size`` frames further out."""
    best, length = (0, 0), 0
    for index in range(len(names) - size):
        length = length + 1 if names[index] == names[index + size] is not None else 0
        best = max(best, (length, index + 1 - length))
    return best[1], best[0] + size if best[0] else 0

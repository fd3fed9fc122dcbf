"""How alike two stacks are: the heaviest common order of functions, by the weight of all that stands in either.

Dividing by the union, not by the shorter stack, keeps a stack that was cut after two frames from being "the same" as
every longer one that begins alike. Weights are rarity (see ``rarity.py``) times nearness to the failure.
"""

from collections.abc import Sequence

from triage.records import dataclass
from triage.signature.rarity import weight

MOST_FRAMES = 64
"""Innermost frames that are compared; what lies further out is dispatch."""
_HALVED_AT = 8
"""Position at which a function weighs half: the failure is near the top."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """``common`` functions in order, those ``only_a`` or ``only_b`` has, and the share 0 to 1 of common weight."""

    similarity: float
    common: tuple[str, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


def align(a: Sequence[str], b: Sequence[str]) -> Alignment | None:
    """The alignment of two stacks of names, innermost first; ``None`` if one of them is empty."""
    a, b = a[:MOST_FRAMES], b[:MOST_FRAMES]
    if not a or not b:
        return None
    pairs = _heaviest_common(a, b)
    in_a, in_b = {i for i, _ in pairs}, {j for _, j in pairs}
    common = sum(_pair_weight(a, i, j) for i, j in pairs)
    only_a = sum(_weight(a, i) for i in range(len(a)) if i not in in_a)
    only_b = sum(_weight(b, j) for j in range(len(b)) if j not in in_b)
    whole = common + only_a + only_b
    return Alignment(
        similarity=round(common / whole, 2) if whole else 0.0,
        common=tuple(a[i] for i, _ in pairs),
        only_a=tuple(name for i, name in enumerate(a) if i not in in_a),
        only_b=tuple(name for j, name in enumerate(b) if j not in in_b),
    )


def _weight(names: Sequence[str], index: int) -> float:
    return weight(names[index]) / (1 + index / _HALVED_AT)


def _pair_weight(a: Sequence[str], i: int, j: int) -> float:
    return weight(a[i]) / (1 + max(i, j) / _HALVED_AT)


def _heaviest_common(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Index pairs of the common subsequence that weighs most."""
    best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in reversed(range(len(a))):
        for j in reversed(range(len(b))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1])
            if a[i] == b[j]:
                best[i][j] = max(best[i][j], best[i + 1][j + 1] + _pair_weight(a, i, j) + _TIE)
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j] and best[i][j] == best[i + 1][j + 1] + _pair_weight(a, i, j) + _TIE:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


_TIE = 1e-9
"""Pairs a function also where it weighs nothing."""

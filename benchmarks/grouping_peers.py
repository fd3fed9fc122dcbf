"""Other ways to group crashes, after their published descriptions; each gives one label per case.

All but stock siggen get the frames without Valkey's crash handler, which they could not know, and function names
without compiler suffixes. A case without frames is a group of its own everywhere, also where the method would lump
such cases.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from grouping_cases import Case
from scipy.cluster.hierarchy import fcluster, linkage

from triage.model import Frame
from triage.signature.names import function_name

Labels = list[str]
Distance = Callable[[int, int], float]


def siggen(cases: Sequence[Case]) -> Labels:
    """Stock siggen of PyPI, Socorro's rules and lists as they are; an assertion is handed over as abort message."""
    from siggen.generator import SignatureGenerator

    generator = SignatureGenerator()
    told = [generator.generate(_for_siggen(case)).signature for case in cases]
    return [f"none:{c.name}" if t.startswith("EMPTY") else t for c, t in zip(cases, told, strict=True)]


def _for_siggen(case: Case) -> dict[str, object]:
    frames = [
        {"function": f.function, "module": _module(f), "module_offset": None if f.function else _offset(f)}
        for f in case.frames
    ]
    crash: dict[str, object] = {"os": "Linux", "crashing_thread": 0, "threads": [{"frames": frames}]}
    return crash | ({"abort_message": case.assertion} if case.assertion else {})


def three_frames(cases: Sequence[Case]) -> Labels:
    """ClusterFuzz's state: the first three frames; of a failed check its message."""
    return [case.assertion or "\n".join(_names(case)[:3]) or f"none:{case.name}" for case in cases]


def casr(cases: Sequence[Case]) -> Labels:
    """CASR's distance (ReBucket's position dependent model, a = 0.04, r = 0.13), complete linkage, cut at 0.3.

    Frames are equal if module, function and offset are, else if the address is: CASR never compares names alone.
    """
    traces = [[_place(f) for f in case.frames_below_handler] for case in cases]
    return _clusters(cases, lambda i, j: 1 - _position_dependent(traces[i], traces[j]), "complete", 0.3)


def _position_dependent(one: Sequence[object], other: Sequence[object], a: float = 0.04, r: float = 0.13) -> float:
    table = np.zeros((len(one) + 1, len(other) + 1))
    for i, j in np.ndindex(len(one), len(other)):
        match = math.exp(-(a * min(i + 1, j + 1) + r * abs(i - j))) if one[i] == other[j] else 0.0
        table[i + 1, j + 1] = max(table[i + 1, j], table[i, j + 1], table[i, j] + match)
    most = sum(math.exp(-a * t) for t in range(1, min(len(one), len(other)) + 1))
    return float(table[-1, -1]) / most


def prefix_match(cases: Sequence[Case], cut: float) -> Labels:
    """Length of the common prefix by the longer trace's length, average linkage."""
    traces = [_names(case) for case in cases]

    def distance(i: int, j: int) -> float:
        pairs = zip(traces[i], traces[j], strict=False)
        common = next((n for n, (x, y) in enumerate(pairs) if x != y), min(len(traces[i]), len(traces[j])))
        return 1 - common / max(len(traces[i]), len(traces[j]))

    return _clusters(cases, distance, "average", cut)


def tf_idf(cases: Sequence[Case], cut: float) -> Labels:
    """Cosine of the traces as bags of functions, weighted by rarity over these cases, average linkage."""
    bags = [Counter(_names(case)) for case in cases]
    seen = Counter(name for bag in bags for name in bag)
    vectors = [{n: math.sqrt(c) * (1 + math.log(len(bags) / (1 + seen[n]))) for n, c in b.items()} for b in bags]

    def distance(i: int, j: int) -> float:
        one, other = vectors[i], vectors[j]
        product = sum(one[name] * other[name] for name in one.keys() & other.keys())
        return max(0.0, 1 - product / (_length(one) * _length(other)))

    return _clusters(cases, distance, "average", cut)


def _length(vector: dict[str, float]) -> float:
    return math.sqrt(sum(value * value for value in vector.values()))


def _clusters(cases: Sequence[Case], distance: Distance, method: str, cut: float) -> Labels:
    labels = [f"none:{case.name}" for case in cases]
    shown = [i for i, case in enumerate(cases) if case.frames_below_handler]
    if len(shown) < 2:
        return labels
    distances = [distance(i, j) for i, j in combinations(shown, 2)]
    numbers = fcluster(linkage(np.array(distances), method=method), cut, criterion="distance")
    for i, number in zip(shown, numbers, strict=True):
        labels[i] = f"cluster {number}"
    return labels


def _names(case: Case) -> list[str]:
    return [function_name(f.function) if f.function else _module(f) for f in case.frames_below_handler]


def _module(frame: Frame) -> str:
    return (frame.module or "").rpartition("/")[2]


def _offset(frame: Frame) -> str | None:
    return str(frame.offset) if frame.offset is not None else None


def _place(frame: Frame) -> object:
    if frame.offset is not None:
        return (_module(frame), frame.function, frame.offset)
    return frame.address if frame.address is not None else object()

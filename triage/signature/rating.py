"""Rates how much a stack tells, as satyr does for ABRT: by the share of frames that have a name.

The weights are satyr's: 0.25 for all threads, 0.35 for the failing thread, 0.40 for its five innermost frames. Other
than there, the crash handler's frames and the ends that every thread's stack has are not counted, for they are always
named; and a frame without a name counts a quarter if its place in the binary is known, since the binary would turn
that into a name.
"""

from collections.abc import Iterable, Sequence

from triage.model import Thread
from triage.signature.culprit import Placed
from triage.signature.stack import Stack, place_frames

ALL_THREADS, FAILING_THREAD, TOP = 0.25, 0.35, 0.40
TOP_FRAMES = 5
PLACE_ONLY = 0.25


def rate(threads: Sequence[Thread], stack: Stack) -> float:
    """0 (nothing is known of any frame) to 1 (every frame has a name), with two decimals."""
    failing = [_told(placed) for placed in _telling(stack.below)]
    everywhere = [_told(p) for thread in threads for p in _telling(place_frames(thread.frames))]
    shares = ((ALL_THREADS, everywhere), (FAILING_THREAD, failing), (TOP, failing[:TOP_FRAMES]))
    return round(sum(weight * _mean(told) for weight, told in shares), 2)


def _telling(frames: Iterable[Placed]) -> list[Placed]:
    return [p for p in frames if p.listed is None or not (p.listed.bottom or p.listed.name == "handler")]


def _told(placed: Placed) -> float:
    if placed.name:
        return 1.0
    return PLACE_ONLY if placed.frame.module else 0.0


def _mean(told: Sequence[float]) -> float:
    return sum(told) / len(told) if told else 0.0

"""Whether reading a log takes time in proportion to its size: doubles it five times and prints the slope.

Run ``python benchmarks/linear_time.py``. Exits with 1 if any kind of log has a slope above ``STEEPEST``.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from triage.logs.incidents import read_incidents
from triage.logs.scan import scan

FIXTURES = Path(__file__).parent.parent / "fixtures"
STEEPEST = 1.15
"""Of the logarithm of the time over that of the size; 1 is linear, 2 quadratic."""
DOUBLINGS = 5
SMALLEST = 1 << 18
ROUNDS = 2


@dataclass(frozen=True)
class Repeated:
    """A log that holds a piece again and again, up to ``size`` bytes."""

    piece: bytes
    size: int
    name: str = "repeated.log"

    def blocks(self) -> Iterator[bytes]:
        """The pieces."""
        return (self.piece for _ in range(max(1, self.size // len(self.piece))))


def _fixture(case: str) -> bytes:
    return (FIXTURES / case / "server.log").read_bytes().rstrip(b"\n") + b"\n"


KINDS = {
    "ordinary lines": _fixture("lab2-50-v801-neg-tls-noise"),
    "starts that fail": _fixture("lab2-51-v811-neg-port-in-use"),
    "crash reports": _fixture("lab2-13-v801-assert-hide-no"),
    "lines of nothing known": b"garbage (with +0x1) [0x0 and more of it\n" * 100,
    "unknown warnings": b"1:M 30 Jan 2025 10:05:00.000 # a thing that nobody ever said\n" * 100,
}


def seconds(log: Repeated) -> float:
    """Processor time to read a log, the best of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        read_incidents(scan(log))
        best = min(best, time.process_time() - began)
    return best


def slope(piece: bytes) -> tuple[float, list[float]]:
    """The exponent by which time grows with size, and the times."""
    sizes = [SMALLEST << doubling for doubling in range(DOUBLINGS + 1)]
    seconds(Repeated(piece, SMALLEST))
    times = [seconds(Repeated(piece, size)) for size in sizes]
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0]), times


def main() -> int:
    """Measure all kinds of logs."""
    steep = 0
    for kind, piece in KINDS.items():
        exponent, times = slope(piece)
        steep += exponent > STEEPEST
        print(f"{kind:24} slope {exponent:.2f}   " + "  ".join(f"{one:.3f} s" for one in times))
    print(f"sizes: {SMALLEST >> 10} KiB, doubled {DOUBLINGS} times; the bar is {STEEPEST}")
    return 1 if steep else 0


if __name__ == "__main__":
    sys.exit(main())

"""Whether reading a log takes time in proportion to its size: doubles it again and again and prints the slope.

    python benchmarks/linear_time.py [--largest MEGABYTES]

Small logs of one kind of line each are scanned in this process. With ``--largest``, the whole command reads the log
of ``make_log.py``, from 64 MB up to that size, and its peak memory is told too. Exits with 1 if a slope is out of
bounds.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scan_inputs
from tool_runs import in_turn

from triage.logs.incidents import read_incidents
from triage.logs.scan import scan

FIXTURES = Path(__file__).parent.parent / "fixtures"
STEEPEST = 1.15
"""Of the logarithm of the time over that of the size; 1 is linear, 2 quadratic."""
COMMAND_BOUNDS = 0.9, 1.1
SMALLEST_MEGABYTES = 64
DOUBLINGS = 5
SMALLEST = 1 << 18
ROUNDS = 3


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


def slope(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The exponent by which time grows with size."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def kinds_are_linear() -> bool:
    """Scan all kinds of logs, doubled ``DOUBLINGS`` times."""
    sizes = [SMALLEST << doubling for doubling in range(DOUBLINGS + 1)]
    steep = 0
    for kind, piece in KINDS.items():
        seconds(Repeated(piece, SMALLEST))
        times = [seconds(Repeated(piece, size)) for size in sizes]
        exponent = slope(sizes, times)
        steep += exponent > STEEPEST
        print(f"{kind:24} slope {exponent:.2f}   " + "  ".join(f"{one:.3f} s" for one in times))
    print(f"sizes: {SMALLEST >> 10} KiB, doubled {DOUBLINGS} times; the bar is {STEEPEST}")
    return not steep


def command_is_linear(largest: int) -> bool:
    """Run the command on whole files; one of a megabyte shows what it takes to start."""
    sizes = [1]
    while (size := SMALLEST_MEGABYTES << (len(sizes) - 1)) <= largest:
        sizes.append(size)
    with tempfile.TemporaryDirectory() as place:
        triage = [sys.executable, "-m", "triage.cli", "analyze", "--format", "html", "-o", f"{place}/report.html"]
        runs = in_turn({str(size): [*triage, str(scan_inputs.log(size))] for size in sizes}, ROUNDS, warm_up=False)
    cpu = {size: min(run.cpu for run in runs[str(size)]) for size in sizes}
    for size in sizes:
        peak = max(run.peak_mib for run in runs[str(size)])
        print(f"{size:>6} MB  {cpu[size]:>7.2f} CPU s  {size / cpu[size]:>5.0f} MB/CPU-s  {peak:>5.0f} MiB")
    if len(sizes) < 4:
        return True
    whole = slope(sizes[1:], [cpu[size] for size in sizes[1:]])
    # The start, which reads the grammars of whatever kinds of lines there are, cancels out between two sizes.
    added = slope(sizes[1:-1], [max(cpu[2 * size] - cpu[size], 1e-3) for size in sizes[1:-1]])
    low, high = COMMAND_BOUNDS
    print(f"slope {added:.2f} of what each doubling adds, {whole:.2f} with the start; the bar is {low} to {high}")
    return low <= added <= high


def main() -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--largest", type=int, metavar="MEGABYTES", help="read whole files too, up to this size")
    largest = parser.parse_args().largest
    kept = kinds_are_linear()
    if largest is not None:
        kept = command_is_linear(largest) and kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

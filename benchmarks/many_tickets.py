"""How many tickets a second ``triage analyze DIR --each`` gets through: a report for each, and an index of all.

    python benchmarks/many_tickets.py [--tickets 1000]

A ticket is a log of some 50 KB: one of the crashes in ``fixtures/`` after lines of a busy node. The bar is 25 a
second on two processors; the script exits with 1 below it.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from log_lines import LineMaker
from tool_runs import measured

FIXTURES = Path(__file__).parent.parent / "fixtures"
TICKET_BYTES = 50_000
LINE_BYTES = 100
FEWEST_A_SECOND = 25


def write_tickets(place: Path, count: int) -> int:
    """Write the logs; returns of how many different crashes they are."""
    found = [path.read_bytes() for path in sorted(FIXTURES.glob("lab2-1*/server.log"))]
    crashes = [log for log in found if len(log) < TICKET_BYTES]
    lines = LineMaker("legacy")
    for number in range(count):
        crash = crashes[number % len(crashes)]
        before = lines.ordinary((TICKET_BYTES - len(crash)) // LINE_BYTES + 1).encode()
        (place / f"ticket-{number:05}.log").write_bytes(before + crash)
    return len(crashes)


def main() -> int:
    """Print the rate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tickets", type=int, default=1000)
    count = parser.parse_args().tickets
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as reports:
        crashes = write_tickets(Path(place), count)
        command = [sys.executable, "-m", "triage.cli", "analyze", place, "--each", "-o", reports]
        run = measured(command)
        written = len(list(Path(reports).glob("ticket-*.html")))
    if run.failed or written != count:
        print(f"{written} reports of {count} tickets were written")
        return 1
    rate = count / run.wall
    print(f"{count} tickets of {TICKET_BYTES // 1000} KB, {crashes} crashes: {run.wall:.1f} s, {run.cpu:.1f} CPU s")
    print(f"{rate:.1f} a second; the bar is {FEWEST_A_SECOND}")
    return 0 if rate >= FEWEST_A_SECOND else 1


if __name__ == "__main__":
    sys.exit(main())

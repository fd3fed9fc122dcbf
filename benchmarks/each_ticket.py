"""Times ``triage analyze DIR --each``: a report for every one of a thousand tickets of 50 KB, and their index.

    python benchmarks/each_ticket.py [--short]

The tickets are the crash reports of ``fixtures/``, each behind ordinary lines of a busy node, with addresses of their
own, always the same for the same seed. Beside files a second it prints the processor time of a file as a share of
what ``python -c "import pandas, lark, jinja2"`` takes in the same run, so that the figure does not depend on the
machine. Exits with 1 if that share is above ``MOST_RATIO``.
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from log_lines import SEED, LineMaker, address
from make_log import FIXTURES, start
from small_log import ENVIRONMENT, IMPORTS

TICKETS, SHORT = 1000, 60
SIZE = 50_000
BAR = 25
"""Files a second, on two processors of our own."""
MOST_RATIO = 0.24
"""A third above the worst that was last measured, 0.14 to 0.18 in the short form, whose start counts for more."""
_REPORT = re.compile(r"^.{0,120}=== (?:REDIS|VALKEY) BUG REPORT START", re.MULTILINE)
_CLIENT = re.compile(r"(?<=addr=)127\.0\.0\.1:\d{1,5}")


@dataclass(frozen=True)
class Cost:
    """What a command took, in seconds: on the clock, and of all processors."""

    wall: float
    cpu: float


def main() -> int:
    """Print the table; the exit code says whether the share is kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help=f"{SHORT} tickets instead of {TICKETS}")
    count = SHORT if parser.parse_args().short else TICKETS
    with tempfile.TemporaryDirectory() as place:
        tickets = Path(place) / "tickets"
        write_tickets(tickets, count)
        command = [sys.executable, "-m", "triage.cli", "analyze", str(tickets), "--each", "-o", f"{place}/reports"]
        imports = min((cost(IMPORTS) for _ in range(5)), key=lambda found: found.cpu)
        ours = cost(command)
        size = sum(file.stat().st_size for file in tickets.iterdir())
    ratio = ours.cpu / count / imports.cpu
    print(f"{count} tickets, {size / count / 1000:.0f} KB each: {ours.wall:.1f} s, {ours.cpu:.1f} s of processors")
    print(f"files a second: {count / ours.wall:.1f} (bar: {BAR}); of one processor {count / ours.cpu:.1f}")
    print(f"a file takes {ratio:.3f} times the CPU of importing pandas, lark and jinja2 (at most {MOST_RATIO})")
    return 0 if ratio <= MOST_RATIO else 1


def write_tickets(place: Path, count: int) -> None:
    """Make ``count`` tickets of about ``SIZE`` bytes in the new directory ``place``."""
    reports = list(_reports())
    random, writer = Random(SEED), LineMaker("legacy")
    place.mkdir()
    for number in range(count):
        report = _CLIENT.sub(lambda _: address(random), random.choice(reports))
        lines = [start(writer)]
        while sum(map(len, lines)) + len(report) < SIZE:
            lines.append(writer.ordinary(20))
        (place / f"ticket-{number:04}.log").write_text("".join(lines) + report, encoding="utf-8", newline="")


def _reports() -> list[str]:
    """The crash reports of the fixtures' plain logs, to the end of the log, that fit into a ticket."""
    found = []
    for log in sorted(FIXTURES.glob("*/server.log")):
        text = log.read_bytes().decode("utf-8", "replace")
        starts = [match.start() for match in _REPORT.finditer(text)]
        if starts and len(text) - starts[-1] <= SIZE:
            found.append(text[starts[-1] :])
    return found


def cost(command: Sequence[str]) -> Cost:
    """What ``command`` and the processes that it starts take."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=False, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.decode()}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    sys.exit(main())

"""Times ``triage analyze`` on a log of about 100 KB against importing the libraries that it is built on.

All are run in turn in fresh processes, so that whatever else the machine does hits them alike; medians are compared.
Exits with 1 if an analysis is a third slower than when it was last measured, or if ``triage --version`` loads one of
the libraries. The bars that are aimed at are printed beside.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 7
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Installed packages have their bytecode; a checkout must be allowed to write it."""
LIBRARIES = ("pandas", "lark", "jinja2")
IMPORTS = (sys.executable, "-c", f"import {', '.join(LIBRARIES)}")
FIXTURES = Path(__file__).parent.parent / "fixtures"
CASE = FIXTURES / "lab-01-tls-accept-race-1883"


@dataclass(frozen=True)
class Run:
    """An analysis with ``options``: its bar, and the ratio above which the benchmark fails."""

    name: str
    options: tuple[str, ...]
    bar: float
    most: float


RUNS = (Run("report and verdict", (), 1.25, 1.15), Run("--format json", ("--format", "json"), 0.6, 0.95))
"""Seventeen runs gave 0.63 to 0.86 and 0.57 to 0.72; the limits are a third above the worst.

JSON is above its bar in most: Python alone with click and numpy takes 0.28.
"""


def main() -> int:
    """Print the table; the exit code says whether all is as fast as it was."""
    with tempfile.TemporaryDirectory() as place:
        log = plain_log(Path(place))
        analyses = [[sys.executable, "-m", "triage.cli", "analyze", str(log), *run.options] for run in RUNS]
        base, *ours = timed(IMPORTS, *analyses)
        size = log.stat().st_size
    loaded = loaded_by_version()
    title = f"{size // 1000} KB log, {ROUNDS} rounds"
    print(f"{title:<34} {'median ms':>9} {'ratio':>6} {'bar':>5} {'fails above':>11}")
    print(f"{'import ' + ', '.join(LIBRARIES):<34} {base * 1000:>9.0f} {1:>6.2f}")
    for run, taken in zip(RUNS, ours, strict=True):
        print(f"{run.name:<34} {taken * 1000:>9.0f} {taken / base:>6.2f} {run.bar:>5} {run.most:>11}")
    print(f"triage --version loads {', '.join(loaded) or 'none of them'}")
    slow = any(taken / base > run.most for run, taken in zip(RUNS, ours, strict=True))
    return 1 if slow or loaded else 0


def plain_log(place: Path) -> Path:
    """The fixture's log, decompressed into ``place``."""
    import zstandard

    log = place / "server.log"
    with (CASE / "server.log.zst").open("rb") as packed, log.open("wb") as plain:
        zstandard.ZstdDecompressor().copy_stream(packed, plain)
    return log


def timed(*commands: Sequence[str]) -> list[float]:
    """Median wall-clock seconds of each command, run in turn; the first round warms the caches and does not count."""
    seconds: list[list[float]] = [[] for _ in commands]
    for _ in range(ROUNDS + 1):
        for command, taken in zip(commands, seconds, strict=True):
            began = time.perf_counter()
            subprocess.run(command, check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            taken.append(time.perf_counter() - began)
    return [statistics.median(taken[1:]) for taken in seconds]


def loaded_by_version() -> list[str]:
    """Those of the libraries that ``triage --version`` imports."""
    command = [sys.executable, "-X", "importtime", "-m", "triage.cli", "--version"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.splitlines()}
    return [name for name in LIBRARIES if name in names]


if __name__ == "__main__":
    sys.exit(main())

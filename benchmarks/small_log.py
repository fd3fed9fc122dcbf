"""Times ``triage analyze`` on a log of about 100 KB against importing the libraries that it is built on.

Both are run in turn, so that whatever else the machine does hits both alike; the medians are compared. Exits with 1
if the analysis takes more than ``MOST_RATIO`` times the imports, or if ``triage --version`` loads one of them.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 7
MOST_RATIO = 1.5
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Installed packages have their bytecode; a checkout must be allowed to write it."""
LIBRARIES = ("pandas", "lark", "jinja2")
IMPORTS = (sys.executable, "-c", f"import {', '.join(LIBRARIES)}")
FIXTURES = Path(__file__).parent.parent / "fixtures"
CASE = FIXTURES / "lab-01-tls-accept-race-1883"


def main() -> int:
    """Print the table; the exit code says whether both bars are kept."""
    with tempfile.TemporaryDirectory() as place:
        log = plain_log(Path(place))
        imports = [sys.executable, "-c", f"import {', '.join(LIBRARIES)}"]
        analysis = [sys.executable, "-m", "triage.cli", "analyze", str(log)]
        base, ours = timed(imports, analysis)
        size = log.stat().st_size
    ratio = ours / base
    loaded = loaded_by_version()
    print(f"{'what':<44} {'median ms':>9} {'ratio':>6}")
    print(f"{'import ' + ', '.join(LIBRARIES):<44} {base * 1000:>9.0f} {1:>6.2f}")
    print(f"{f'triage analyze, {size // 1000} KB log':<44} {ours * 1000:>9.0f} {ratio:>6.2f}")
    print(f"bar: {MOST_RATIO}; {ROUNDS} rounds; triage --version loads {', '.join(loaded) or 'none of them'}")
    return 0 if ratio <= MOST_RATIO and not loaded else 1


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

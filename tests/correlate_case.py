"""Logs of real runs in fixtures/, whole or with lines changed, read by the tool's own scan."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import zstandard

from triage.intake import open_inputs
from triage.logs.incidents import read_incidents
from triage.logs.scan import scan
from triage.logs.scanned import LogScan
from triage.model import Incident

FIXTURES = Path(__file__).parent.parent / "fixtures"
ACCEPT_ERROR = "Error accepting a client connection"


@cache
def log_lines(case: str) -> tuple[str, ...]:
    """The lines of a fixture's log."""
    packed = FIXTURES / case / "server.log.zst"
    if packed.exists():
        data = zstandard.ZstdDecompressor().stream_reader(packed.read_bytes()).read()
    else:
        data = (FIXTURES / case / "server.log").read_bytes()
    return tuple(data.decode(errors="surrogateescape").split("\n"))


def scanned(lines: tuple[str, ...] | list[str], folder: Path) -> LogScan:
    path = folder / "server.log"
    path.write_bytes("\n".join(lines).encode(errors="surrogateescape"))
    return scan(open_inputs([str(path)])[0])


def crash_of(lines: tuple[str, ...] | list[str], folder: Path) -> tuple[Incident, LogScan]:
    log = scanned(lines, folder)
    incidents = read_incidents(log).incidents
    assert len(incidents) == 1
    return incidents[0], log


def changed(case: str, change: Callable[[str], str | None]) -> list[str]:
    """A log with each line changed, or dropped where the change gives ``None``."""
    return [line for old in log_lines(case) if (line := change(old)) is not None]

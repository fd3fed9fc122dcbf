"""Facts of logs that a test writes itself, scanned as the tool scans them."""

from pathlib import Path

from triage.intake import open_inputs
from triage.logs.incidents import LogFacts, read_incidents
from triage.logs.scan import scan
from triage.logs.scanned import LogScan


def scan_of(path: Path) -> LogScan:
    return scan(open_inputs([str(path)])[0])


def facts_of(path: Path) -> LogFacts:
    return read_incidents(scan_of(path))


def log_at(folder: Path, *lines: str) -> Path:
    path = folder / "server.log"
    path.write_text("\n".join(lines) + "\n")
    return path


def written(folder: Path, *lines: str) -> LogFacts:
    return facts_of(log_at(folder, *lines))

"""Logs that a test writes itself, on disk or in memory, and their facts, scanned as the tool scans them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from triage.intake import open_inputs
from triage.logs.incidents import LogFacts, read_incidents
from triage.logs.scan import scan
from triage.logs.scanned import LogScan


@dataclass(frozen=True)
class Chunks:
    """A log in memory, in the chunks that a test likes."""

    chunks: tuple[bytes, ...]
    name: str = "memory"

    def blocks(self) -> Iterator[bytes]:
        return iter(self.chunks)


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

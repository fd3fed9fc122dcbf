"""Writes realistic server logs of any size, always the same bytes for the same size and form.

    python benchmarks/make_log.py big.log --megabytes 1000 [--form legacy|logfmt|docker]

The lines are those of a busy TLS cluster node at log level debug: 36 kinds of messages in the proportions that such a
node writes, five processes one after another, two bursts of failing TLS handshakes, three crash reports, which are
a real server's (from fixtures/) with their pids and times moved. A gigabyte takes some ten seconds.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from log_lines import FORMS, LineMaker

PROCESSES, CRASHES = 5, 3
BURST_AT = {1: 0.9, 3: 0.9}
"""How much of its share a process has written when its clients' handshakes fail."""
FIXTURES = Path(__file__).parent.parent / "fixtures"
REPORT = FIXTURES / "flagship-stock-verbose" / "server.log.zst"
_BATCH = 20_000
_LINE_BYTES = 100
_EOF_REASON = "error:0A000126:SSL routines::unexpected eof while reading"
_STAMPED = re.compile(r"^\d+:M \d\d \w{3} \d{4} [\d:.]{12} (.) (.*)$")


def start(lines: LineMaker) -> str:
    """The lines of a server's start, under a new pid."""
    lines.pid += int(lines.random.randint(100, 900))
    told = (
        "oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo",
        f"Valkey version=8.1.0, bits=64, commit=00000000, modified=0, pid={lines.pid}, just started",
        "Configuration loaded",
        "Running mode=cluster, port=6379.",
        "Ready to accept connections tls",
    )
    return "".join(lines.line("*", message) for message in told)


def burst(lines: LineMaker) -> str:
    """Two thousand failing handshakes within seconds."""
    written = []
    for _ in range(2000):
        written.append(lines.line("#", f"Error accepting a client connection: {_EOF_REASON} (addr= laddr=)"))
        lines.moment_ms -= 20
    return "".join(written)


def crash(lines: LineMaker) -> str:
    """A real report with this process's pid and time."""
    written = []
    for text in real_report():
        stamped = _STAMPED.match(text)
        written.append(lines.line(stamped[1], stamped[2]) if stamped else lines.raw(text))
    return "".join(written)


@cache
def real_report() -> tuple[str, ...]:
    """The crash report of the fixture, from START to the end of the log."""
    import zstandard

    text = zstandard.ZstdDecompressor().stream_reader(REPORT.read_bytes()).read().decode()
    return tuple(text[text.index("=== VALKEY BUG REPORT START") :].rstrip("\n").split("\n"))


def pieces(size: int, form: str) -> Iterator[str]:
    """The log in pieces that add up to about ``size`` bytes."""
    lines = LineMaker(form)
    share, written = size // PROCESSES, 0
    for process in range(PROCESSES):
        yield start(lines)
        burst_at = share * (process + BURST_AT[process]) if process in BURST_AT else size
        while written < share * (process + 1):
            left = share * (process + 1) - written
            batch = lines.ordinary(min(_BATCH, max(200, left // _LINE_BYTES)))
            written += len(batch)
            yield batch
            if written > burst_at:
                burst_at = size
                yield burst(lines)
        if process < CRASHES:
            yield crash(lines)


def write_log(path: Path, size: int, form: str = "legacy") -> None:
    """Write a log of about ``size`` bytes in the form ``legacy``, ``logfmt`` or ``docker``."""
    with path.open("w", encoding="ascii", newline="") as file:
        for piece in pieces(size, form):
            file.write(piece)


def main() -> int:
    """Write one log as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--form", choices=sorted(FORMS), default="legacy")
    wanted = parser.parse_args()
    write_log(wanted.path, wanted.megabytes * 1_000_000, wanted.form)
    return 0


if __name__ == "__main__":
    sys.exit(main())

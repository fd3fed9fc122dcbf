"""Writes realistic server logs of any size, always the same bytes for the same size and form.

    python benchmarks/make_log.py big.log --megabytes 1000 [--form legacy|logfmt|docker]

The lines are those of a busy TLS cluster node at log level debug: 36 kinds of messages in the proportions that such a
node writes, five processes one after another, two bursts of failing TLS handshakes, three crash reports, which are
a real server's (from fixtures/) with their pids and times moved.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

SEED = 1883
PROCESSES, CRASHES = 5, 3
FIXTURES = Path(__file__).parent.parent / "fixtures"
TEMPLATES = Path(__file__).with_name("log_templates.tsv")
REPORT = FIXTURES / "flagship-stock-verbose" / "server.log.zst"
START = datetime(2026, 3, 1, tzinfo=UTC)
LINES_A_SECOND = 40
_BATCH = 20_000
_PLACEHOLDER = re.compile("(<addr>|<node>|<n>)")
_EOF_REASON = "error:0A000126:SSL routines::unexpected eof while reading"
_LEVELS = {".": "debug", "-": "info", "*": "notice", "#": "warning"}
_ROLES = {"M": "primary", "S": "replica", "C": "RDB/AOF"}

Maker = Callable[[Random], str]


def address(random: Random) -> str:
    """A client's address; a few thousand differ, as behind a load balancer."""
    return f"10.{random.randrange(4)}.{random.randrange(16)}.{random.randrange(64)}:{random.randrange(32768, 60999)}"


def node(random: Random) -> str:
    """A cluster node's id."""
    return f"{random.randrange(12):02x}" + "3c9ea1b04d7f5e26889a0b" + "c4" * 8


@cache
def templates() -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """Weight, level, and the message cut at its placeholders, of every kind of line in ``log_templates.tsv``."""
    rows = (line.split("\t") for line in TEMPLATES.read_text().splitlines() if not line.startswith("#"))
    return tuple((int(weight), level, tuple(_PLACEHOLDER.split(text))) for weight, level, text in rows)


_MAKERS: dict[str, Maker] = {"<addr>": address, "<node>": node, "<n>": lambda random: str(random.randrange(9**6))}


class LogWriter:
    """Makes lines in one form; the clock moves on with every line."""

    def __init__(self, form: str) -> None:
        self.random = Random(SEED)
        self.form = form
        self.moment = START
        self.pid = 4211

    def line(self, level: str, message: str, role: str = "M", pid: int | None = None) -> str:
        """One line of the server's, in the form that was asked for."""
        self.moment += timedelta(milliseconds=self.random.randrange(2 * 1000 // LINES_A_SECOND))
        stamp = f"{self.moment:%d %b %Y %H:%M:%S}.{self.moment.microsecond // 1000:03}"
        number = pid or self.pid
        if self.form == "logfmt":
            text = f'pid={number} role={_ROLES[role]} timestamp="{stamp}" level={_LEVELS[level]} message="{message}"'
        else:
            text = f"{number}:{role} {stamp} {level} {message}"
        return self.wrapped(text)

    def wrapped(self, text: str) -> str:
        """A line as it stands in the file."""
        if self.form != "docker":
            return text + "\n"
        plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r")
        return f'{{"log":"{plain}\\n","stream":"stdout","time":"{self.moment:%Y-%m-%dT%H:%M:%S.%f}000Z"}}\n'

    def ordinary(self, count: int) -> list[str]:
        """Lines in the usual proportions."""
        kinds = templates()
        chosen = self.random.choices(kinds, [weight for weight, _, _ in kinds], k=count)
        return [self.line(level, self.message(parts)) for _, level, parts in chosen]

    def message(self, parts: tuple[str, ...]) -> str:
        """A message with its placeholders filled."""
        return "".join([_MAKERS[part](self.random) if part in _MAKERS else part for part in parts])

    def start(self) -> list[str]:
        """The lines of a server's start."""
        self.pid += self.random.randrange(100, 900)
        return [
            self.line("*", "oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo"),
            self.line(
                "*", f"Valkey version=8.1.0, bits=64, commit=00000000, modified=0, pid={self.pid}, just started"
            ),
            self.line("*", "Configuration loaded"),
            self.line("*", "Running mode=cluster, port=6379."),
            self.line("*", "Ready to accept connections tls"),
        ]

    def burst(self) -> list[str]:
        """Two thousand failing handshakes within seconds."""
        lines = []
        for _ in range(2000):
            lines.append(self.line("#", f"Error accepting a client connection: {_EOF_REASON} (addr= laddr=)"))
            self.moment -= timedelta(milliseconds=20)
        return lines

    def crash(self) -> list[str]:
        """A real report with this process's pid and time."""
        stamp = re.compile(r"^\d+:M \d\d \w{3} \d{4} [\d:.]{12} (. .*)$")
        lines = []
        for text in real_report():
            match = stamp.match(text)
            lines.append(self.line(match[1][0], match[1][2:]) if match else self.wrapped(text))
        return lines


def real_report() -> list[str]:
    """The crash report of the fixture, from START to the end of the log."""
    import zstandard

    text = zstandard.ZstdDecompressor().stream_reader(REPORT.read_bytes()).read().decode()
    return text[text.index("=== VALKEY BUG REPORT START") :].rstrip("\n").split("\n")


def pieces(size: int, form: str) -> Iterator[str]:
    """The log in pieces that add up to at least ``size`` bytes."""
    writer = LogWriter(form)
    share, written = size // PROCESSES, 0
    for process in range(PROCESSES):
        yield "".join(writer.start())
        burst_left = process in (1, 3)
        while written < share * (process + 1):
            batch = "".join(writer.ordinary(min(_BATCH, max(200, (size - written) // 400))))
            written += len(batch)
            yield batch
            if burst_left and written > share * (process + 0.9):
                burst_left = False
                yield "".join(writer.burst())
        if process < CRASHES:
            yield "".join(writer.crash())


def write_log(path: Path, size: int, form: str = "legacy") -> None:
    """Write a log of about ``size`` bytes in the form ``legacy``, ``logfmt`` or ``docker``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for piece in pieces(size, form):
            file.write(piece)


def main() -> int:
    """Write one log as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--form", choices=("legacy", "logfmt", "docker"), default="legacy")
    wanted = parser.parse_args()
    write_log(wanted.path, wanted.megabytes * 1_000_000, wanted.form)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fuzz target: any bytes are a log. No exception, every line counted once, and the chunks it comes in do not matter.

Run ``python fuzz/log_scan.py [options of libFuzzer] [directories of seeds]``; ``fuzz/seeds.py`` makes seeds.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import atheris

with atheris.instrument_imports(include=["triage"]):
    from triage.logs.incidents import coverage, read_incidents
    from triage.logs.scan import scan


LONGEST_INPUT = 6000
"""Some sections of a report fit; a scan takes milliseconds, and longer inputs would be fewer."""
PIECES = 64


@dataclass(frozen=True)
class Log:
    """A log that comes in chunks of ``size`` bytes."""

    data: bytes
    size: int
    name: str = "fuzzed.log"

    def blocks(self) -> Iterator[bytes]:
        """The chunks."""
        return (self.data[at : at + self.size] for at in range(0, len(self.data), self.size))


def told(log: Log) -> tuple[list[tuple[str, int | None]], int]:
    """The incidents of a log and the number of its lines."""
    scanned = scan(log)
    facts = read_incidents(scanned)
    known = coverage(scanned, facts)
    assert known.recognised + known.unrecognised == known.lines
    assert known.recognised >= 0
    return [(incident.kind.value, incident.pid) for incident in facts.incidents], known.lines


def one_input(data: bytes) -> None:
    """Scan the bytes whole; the first one says whether also in pieces, and of which size."""
    whole = told(Log(data, len(data) or 1))
    if data and data[0] < PIECES:
        assert told(Log(data, 1 + data[0] * 16)) == whole


if __name__ == "__main__":
    atheris.Setup([*sys.argv, f"-max_len={LONGEST_INPUT}"], one_input)
    atheris.Fuzz()

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


@dataclass(frozen=True)
class Log:
    """A log that comes in chunks of ``size`` bytes."""

    data: bytes
    size: int
    name: str = "fuzzed.log"

    def blocks(self) -> Iterator[bytes]:
        """The chunks."""
        return (self.data[at : at + self.size] for at in range(0, len(self.data), self.size))


def one_input(data: bytes) -> None:
    """Scan the bytes whole and in pieces."""
    size = 1 + data[0] * 16 if data else 1
    told = []
    for log in (Log(data, len(data) or 1), Log(data, size)):
        scanned = scan(log)
        facts = read_incidents(scanned)
        known = coverage(scanned, facts)
        assert known.recognised + known.unrecognised == known.lines
        assert known.recognised >= 0
        told.append(([(incident.kind, incident.pid) for incident in facts.incidents], known.lines))
    assert told[0] == told[1]


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()

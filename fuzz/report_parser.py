"""Fuzz target: any lines are a crash report. No exception, and every line of it is the report's or in its lead-in.

Run ``python fuzz/report_parser.py [options of libFuzzer] [directories of seeds]``; ``fuzz/seeds.py`` makes seeds.
"""

import sys

import atheris

with atheris.instrument_imports(include=["triage"]):
    from triage.logs.report import read_region
    from triage.logs.scanned import Region
    from triage.model import RawLine

LONGEST_INPUT = 12_000


def one_input(data: bytes) -> None:
    """Read the bytes as a report, the first few lines as what stood before it."""
    before = data[0] % 8 if data else 0
    texts = data[1:].decode("utf-8", "backslashreplace").split("\n")
    lines = [RawLine(number, text) for number, text in enumerate(texts, 1)]
    region = Region(tuple(lines[before:]), tuple(lines[:before]))
    numbers = {line.line for line in lines}
    for incident, unknown in read_region(region, "fuzzed.log", ()):
        assert {raw.line for raw in unknown} <= numbers
        if incident is not None:
            assert {raw.line for raw in incident.raw} <= numbers
            str(incident.time)


if __name__ == "__main__":
    atheris.Setup([*sys.argv, f"-max_len={LONGEST_INPUT}"], one_input)
    atheris.Fuzz()

"""Fuzzes the unwrapping of logs: ``python fuzz/unwrap.py [CORPUS] -max_total_time=60``, with ``pip install atheris``.

An input is a choice of wrappers (one per layer) and a list of changes to a real log inside them, so that the changes
reach the joining of pieces, the telling apart of writers and the line numbers; what is left is appended as it is.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["triage.intake"]):
    from triage.intake import logs_of, open_inputs, unwrap

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import numpy as np
from wrapping import WRAPPERS

FIXTURES = Path(__file__).parent.parent / "fixtures"
LINES = (
    (FIXTURES / "lab2-13-v801-assert-hide-no" / "server.log").read_bytes().replace(b"\r\n", b"\n").split(b"\n")[:-1]
)
NAMES = sorted(WRAPPERS)
MOST_LAYERS, MOST_CHANGES, LONGEST_CHANGE = 2, 6, 40
FILE = Path(tempfile.mkdtemp(prefix="fuzz-")) / "input.log"


def one_input(data: bytes) -> None:
    """Unwrap one input: no exception, and every line number lies in the file."""
    fuzzed = atheris.FuzzedDataProvider(data)
    lines = LINES
    for _ in range(fuzzed.ConsumeIntInRange(0, MOST_LAYERS)):
        wrapped = WRAPPERS[NAMES[fuzzed.ConsumeIntInRange(0, len(NAMES) - 1)]][1]
        lines = wrapped([line.decode("utf-8", "replace").encode() for line in lines]).split(b"\n")[:-1]
    content = bytearray(b"\n".join(lines))
    for _ in range(fuzzed.ConsumeIntInRange(0, MOST_CHANGES)):
        at, length = fuzzed.ConsumeIntInRange(0, len(content)), fuzzed.ConsumeIntInRange(0, 3000)
        content[at : at + length] = fuzzed.ConsumeBytes(fuzzed.ConsumeIntInRange(0, LONGEST_CHANGE))
    content += fuzzed.ConsumeBytes(fuzzed.remaining_bytes()) or b"\n"
    FILE.write_bytes(content)
    for log in logs_of(open_inputs([str(FILE)])):
        for stream in unwrap(log):
            count = sum(block.count(b"\n") for block in stream.blocks())
            numbers = stream.original_lines(np.arange(1, count + 1))
            assert count == 0 or (numbers.min() >= 1 and numbers.max() <= content.count(b"\n") + 1)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()

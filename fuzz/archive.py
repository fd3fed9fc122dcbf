"""Fuzzes the reading of archives: ``python fuzz/archive.py -max_total_time=60``, with ``pip install atheris``.

An input is a kind of archive and a list of changes to a small one, or the bytes of an archive as they are.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["triage.intake", "tarfile", "zipfile"]):
    from triage.intake import Workspace, open_inputs
    from triage.model import TriageError

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from test_archives import ARCHIVES, CONFIG, LOG

NAMES = sorted(ARCHIVES)
MEMBERS = {"valkey.log": LOG[:3000], "etc/valkey.conf": CONFIG}
MOST_CHANGES, LONGEST_CHANGE = 8, 16
MOST_BYTES = 64 << 20
ROOM = Path(tempfile.mkdtemp(prefix="fuzz-"))
FILE = ROOM / "input.bin"


def one_input(data: bytes) -> None:
    """Open and read one archive: nothing but ``TriageError``, no file left, and no more bytes than a bomb's limit."""
    fuzzed = atheris.FuzzedDataProvider(data)
    kind = fuzzed.ConsumeIntInRange(0, len(NAMES))
    content = bytearray(ARCHIVES[NAMES[kind]](MEMBERS) if kind < len(NAMES) else b"")
    for _ in range(fuzzed.ConsumeIntInRange(0, MOST_CHANGES)):
        at = fuzzed.ConsumeIntInRange(0, len(content))
        change = fuzzed.ConsumeBytes(fuzzed.ConsumeIntInRange(0, LONGEST_CHANGE))
        content[at : at + len(change)] = change
    content += fuzzed.ConsumeBytes(fuzzed.remaining_bytes())
    FILE.write_bytes(content)
    with Workspace() as workspace:
        try:
            sources = open_inputs([str(FILE)], workspace)
        except TriageError:
            sources = []
        assert sum(len(block) for source in sources for block in source.blocks()) < MOST_BYTES
    assert list(ROOM.iterdir()) == [FILE]


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()

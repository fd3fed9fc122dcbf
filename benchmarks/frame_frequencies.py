"""Counts in how many different stacks of real crashes each function stands, and writes the table that ships.

    python benchmarks/frame_frequencies.py CORPUS... > triage/signature/frequencies.toml

CORPUS is a directory of cases, each a folder with an ``expected.json`` that names its ``inputs``. Equal stacks count
once, so that a crash provoked a hundred times does not become common. Functions seen in one stack only are left out:
they weigh as much as unseen ones, and the table names nothing that only one report holds.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from triage.model import TriageError
from triage.pipeline import analyze
from triage.signature.comparison import compared_names

HEAD = """# In how many different stacks of crashed servers a function stood (public reports, provoked crashes of
# released versions, known bugs set off). Names are normalised; equal stacks count once.
# Written by benchmarks/frame_frequencies.py.
"""


def main(corpora: Sequence[str]) -> int:
    """Write the table to standard output."""
    stacks = {names for corpus in corpora for names in stacks_of(Path(corpus)) if names}
    seen = Counter(name for names in stacks for name in set(names))
    print(f"{HEAD}stacks = {len(stacks)}\n\n[functions]")
    for name, count in sorted(seen.items(), key=lambda entry: (-entry[1], entry[0])):
        if count > 1:
            print(f"{json.dumps(name)} = {count}")
    return 0


def stacks_of(corpus: Path) -> Iterator[tuple[str, ...]]:
    """The failing threads' stacks of all cases of a corpus."""
    for path in sorted(corpus.glob("*/expected.json")):
        inputs = json.loads(path.read_text(encoding="utf-8"))["inputs"]
        try:
            incidents = analyze([str(path.parent / name) for name in inputs]).incidents
        except TriageError:
            continue
        yield from (compared_names(incident) for incident in incidents)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

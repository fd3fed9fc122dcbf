"""How many lines of healthy logs are known by prefix and level, and how many of their warnings by what they say.

    python benchmarks/recognised_lines.py [CORPUS]

reads every case of a corpus (each a folder with an ``expected.json``) whose ``expect.incidents`` is empty; the
default is ``fixtures/``. Exits with 1 if one of the bars is missed.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from triage.intake import Workspace, logs_of, open_inputs, unwrap
from triage.logs.incidents import coverage, read_incidents
from triage.logs.scan import scan
from triage.model import Coverage

FIXTURES = Path(__file__).parent.parent / "fixtures"
LEAST_LINES, LEAST_WARNINGS = 0.995, 0.95
SHOWN = 10


def healthy(corpus: Path) -> Iterator[list[str]]:
    """The inputs of each case without an incident."""
    for expected in sorted(corpus.glob("*/expected.json")):
        case = json.loads(expected.read_text(encoding="utf-8"))
        if case.get("expect", {}).get("incidents") == []:
            yield [str(expected.parent / name) for name in case["inputs"]]


def covered(inputs: list[str]) -> Iterator[Coverage]:
    """What is known of each log of a case."""
    with Workspace() as workspace:
        for log in logs_of(open_inputs(inputs, workspace)):
            for stream in unwrap(log):
                found = scan(stream)
                yield coverage(found, read_incidents(found))


def main() -> int:
    """Count, and hold against the bars."""
    cases = list(healthy(Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES))
    told = [part for case in cases for part in covered(case)]
    warnings = [part.warnings for part in told if part.warnings]
    lines, known_lines = sum(part.lines for part in told), sum(part.recognised for part in told)
    warned, known_warnings = sum(part.lines for part in warnings), sum(part.known for part in warnings)
    print(f"{len(cases)} cases, {lines} lines: {known_lines / lines:.2%} recognised; the bar is {LEAST_LINES:.1%}")
    print(f"{warned} warnings: {known_warnings / warned:.2%} by what they say; the bar is {LEAST_WARNINGS:.0%}")
    unknown = Counter({shape.text: shape.count for part in told for shape in part.shapes})
    unknown += Counter({shape.text: shape.count for part in warnings for shape in part.unknown})
    for text, count in unknown.most_common(SHOWN):
        print(f"{count:>6}  {text[:100]}")
    return 0 if known_lines >= LEAST_LINES * lines and known_warnings >= LEAST_WARNINGS * warned else 1


if __name__ == "__main__":
    sys.exit(main())

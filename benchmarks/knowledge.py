"""Times the knowledge base: opening it, and judging one report against a thousand entries.

The thousand are the package's own entries, and copies of them under other ids that ask for other names, as other bugs
would. Exits with 1 if judging a report takes more than ``MOST_JUDGE_MS``, or opening the package's own base from the
cache more than ``MOST_OPEN_MS``.
"""

import gc
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.knowledge import KnowledgeBase

ENTRIES = 1000
ROUNDS = 9
COLLECT_EVERY = 200_000
"""As ``triage.cli`` sets it for every run."""
MOST_JUDGE_MS = 20.0
MOST_OPEN_MS = 20.0
FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = ("flagship-stock-verbose", "bug-bus-packet-21863-v902", "lab-05-many-clients-1500")


def main() -> int:
    """Print the table; the exit code says whether both bars are kept."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = place
        copies = Path(place) / "copies"
        copies.mkdir()
        own, count = write_copies(copies)
        opening, judged = timings(copies)
    print(f"{'what':<58} {'ms':>8}")
    for what, milliseconds in (*opening, *judged):
        print(f"{what.format(own=own, all=own + count):<58} {milliseconds:>8.2f}")
    slowest = max(milliseconds for _, milliseconds in judged)
    print(f"bars: {MOST_JUDGE_MS:g} for a report, {MOST_OPEN_MS:g} for opening the package's base from the cache")
    return 0 if slowest <= MOST_JUDGE_MS and opening[1][1] <= MOST_OPEN_MS else 1


def write_copies(place: Path) -> tuple[int, int]:
    """Copies of the package's entries in ``place``; how many entries there are, and how many copies."""
    from triage.knowledge.loader import load_entries

    entries = load_entries()
    missing = max(0, ENTRIES - len(entries))
    for number in range(missing):
        path, issue = entries[number % len(entries)]
        text = path.read_text(encoding="utf-8").replace(f'"{issue.id}"', f'"{issue.id}{number:04}"', 1)
        (place / f"{path.stem}-{number:04}.toml").write_text(other_names(text, number), encoding="utf-8")
    return len(entries), missing


def other_names(text: str, number: int) -> str:
    """The entry with functions of other names, where it asks for functions."""
    words = re.compile(r"(?m)^(contains|contains_any|in_order|one_of|equals) = (.*[A-Z_(].*)$")
    return words.sub(lambda found: f"{found[1]} = " + re.sub(r'"(\w+)"', rf'"\g<1>{number}"', found[2]), text)


def timings(copies: Path) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """Milliseconds for opening the base, cold and cached, and for judging each case's report."""
    from triage.knowledge import open_knowledge

    opening = [
        ("open {own} entries, nothing cached", once(open_knowledge)),
        ("open {own} entries from the cache", best(open_knowledge)),
        ("open {all} entries, nothing cached", once(lambda: open_knowledge(copies))),
        ("open {all} entries from the cache", best(lambda: open_knowledge(copies))),
    ]
    base = open_knowledge(copies)
    gc.set_threshold(COLLECT_EVERY)
    return opening, [(f"judge {name} against {{all}}", best(judging(base, name))) for name in CASES]


def judging(base: "KnowledgeBase", name: str) -> Callable[[], object]:
    """What the analysis does to judge the first incident of a case."""
    from triage.knowledge import judge
    from triage.pipeline import analyze
    from triage.signature import sign

    log = next(path for path in sorted((FIXTURES / name).iterdir()) if path.name.startswith("server.log"))
    incident = analyze([str(log)]).incidents[0]
    signature = sign(incident)
    return lambda: judge(incident, incident.findings, signature, base.relevant(incident, signature))


def once(action: Callable[[], object]) -> float:
    """Milliseconds that one call takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def best(action: Callable[[], object]) -> float:
    """Milliseconds of the fastest of several calls: whatever else the machine does can only add to it."""
    return min(once(action) for _ in range(ROUNDS))


if __name__ == "__main__":
    sys.exit(main())

"""How well crashes fall into groups, and how often a known issue is named, on labelled crashes, beside other tools.

    python benchmarks/grouping.py [CORPUS]

CORPUS is a directory of cases with an ``expected.json`` each (the default: ``fixtures``). Prints Markdown; exits
with 1 if two groups that are declared not to be the same were merged, or if a wrong issue was named.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from grouping_cases import Case, load

from triage.model import Status, Verdict
from triage.signature.comparison import Likeness, compare

FIXTURES = Path(__file__).parent.parent / "fixtures"
CUTS = tuple(n / 20 for n in range(1, 20))
"""Cuts that are tried for methods without a published one; the one that is best on these very cases is taken."""


@dataclass(frozen=True)
class Score:
    """BCubed precision and recall, and the pairs that were merged though their groups differ."""

    precision: float
    recall: float
    merged: tuple[tuple[Case, Case], ...]

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    @property
    def false_friends(self) -> int:
        """Merged pairs that the corpus declares not to be the same."""
        return sum(b.group in a.not_same or a.group in b.not_same for a, b in self.merged)


def main(arguments: Sequence[str]) -> int:
    """Print the tables for the corpus that the arguments name."""
    cases = list(load(Path(arguments[0]) if arguments else FIXTURES))
    grouped = [case for case in cases if case.group]
    public = [case for case in grouped if case.public]
    bad = 0
    for title, chosen in (("Public reports", public), ("Public reports and known bugs set off", grouped)):
        if chosen:
            print(f"### {title}: {len(chosen)} crashes in {len({c.group for c in chosen})} groups\n")
            bad += print_table(chosen)
    print_comparisons(grouped)
    wrong = print_known_issues(cases)
    return 1 if bad or wrong else 0


def print_table(cases: Sequence[Case]) -> int:
    """One row per method; returns how many false friends this tool merged."""
    import grouping_peers as peers

    print("| method | BCubed precision | recall | F1 | false merges | of them false friends |")
    print("|---|---:|---:|---:|---:|---:|")
    ours = show("this tool, `family`", cases, families(cases))
    show("this tool, `strict`", cases, families(cases, strict=True))
    show("siggen 2.2, stock", cases, peers.siggen(cases))
    show("CASR (0.04, 0.13, cut 0.3)", cases, peers.casr(cases))
    show("three top frames, as ClusterFuzz", cases, peers.three_frames(cases))
    show_best("prefix match", cases, peers.prefix_match)
    show_best("TF-IDF", cases, peers.tf_idf)
    print()
    for one, other in ours.merged:
        print(f"- merged: {one.name} and {other.name}")
    return ours.false_friends


def show(name: str, cases: Sequence[Case], labels: Sequence[str]) -> Score:
    """Print a method's row."""
    score = bcubed(cases, labels)
    figures = f"{score.precision:.3f} | {score.recall:.3f} | {score.f1:.3f}"
    print(f"| {name} | {figures} | {len(score.merged)} | {score.false_friends} |")
    return score


def show_best(name: str, cases: Sequence[Case], method: Callable[[Sequence[Case], float], list[str]]) -> None:
    """Print the row of a method at its best cut."""
    cut = max(CUTS, key=lambda cut: bcubed(cases, method(cases, cut)).f1)
    show(f"{name} (best cut, {cut:.2f})", cases, method(cases, cut))


def families(cases: Sequence[Case], strict: bool = False) -> list[str]:
    """This tool's keys; a crash without one is a group of its own."""
    signatures = [case.incident.signature if case.incident else None for case in cases]
    keys = [(s.strict if strict else s.family) if s else None for s in signatures]
    return [key or f"none:{case.name}" for key, case in zip(keys, cases, strict=True)]


def bcubed(cases: Sequence[Case], labels: Sequence[str]) -> Score:
    """BCubed (Bagga and Baldwin 1998): the share of a case's cluster that is of its group, and the reverse."""
    groups = [case.group for case in cases]
    sizes, clusters = Counter(groups), Counter(labels)
    together = Counter(zip(groups, labels, strict=True))
    pairs = list(zip(groups, labels, strict=True))
    return Score(
        precision=sum(together[pair] / clusters[pair[1]] for pair in pairs) / len(pairs),
        recall=sum(together[pair] / sizes[pair[0]] for pair in pairs) / len(pairs),
        merged=tuple(
            (cases[i], cases[j])
            for i, j in combinations(range(len(cases)), 2)
            if labels[i] == labels[j] and groups[i] != groups[j]
        ),
    )


def print_comparisons(cases: Sequence[Case]) -> None:
    """What ``triage compare`` says of every pair, when no known issue helps it."""
    unjudged = Verdict(Status.UNKNOWN)
    shown = [(c.group, replace(c.incident, verdict=unjudged)) for c in cases if c.incident]
    told = Counter((a[0] == b[0], compare(a[1], b[1]).likeness) for a, b in combinations(shown, 2))
    print("### Pairs, compared without the help of the known issues\n")
    print(f"| pairs | {' | '.join(Likeness)} |\n|---{'|---:' * len(Likeness)}|")
    for same, name in ((True, "of one group"), (False, "of different groups")):
        print(f"| {name} | {' | '.join(str(told[same, likeness]) for likeness in Likeness)} |")
    print()


def print_known_issues(cases: Sequence[Case]) -> int:
    """Recall and precision of the issues that are named; returns how many wrong ones there were."""
    told = [(case, named_issue(case)) for case in cases]
    known = [(case, issue) for case, issue in told if case.issues and not case.fixed]
    right = [case.name for case, issue in known if issue and _same_issue(issue, case.issues)]
    wrong = [(case.name, issue) for case, issue in told if issue and not _same_issue(issue, case.issues)]
    named = len(right) + len(wrong)
    print(f"### Known issues: {len(known)} crashes\n")
    print("| named right | recall | named wrong | precision |\n|---:|---:|---:|---:|")
    recall, precision = len(right) / max(len(known), 1), len(right) / max(named, 1)
    print(f"| {len(right)} | {recall:.3f} | {len(wrong)} | {precision:.3f} |\n")
    for name, issue in wrong:
        print(f"- wrong: {name} was called {issue}")
    return len(wrong)


def named_issue(case: Case) -> str | None:
    """The issue that the verdict names, if it is sure enough to name one."""
    verdict = case.incident.verdict if case.incident else None
    return verdict.issue if verdict and verdict.status in (Status.KNOWN, Status.SUSPECTED) else None


def _same_issue(issue: str, issues: Sequence[str]) -> bool:
    return _numbers(issue) in {_numbers(other) for other in issues}


def _numbers(issue: str) -> tuple[str, ...]:
    """``valkey-io/valkey#1883`` and its address are the same issue, whoever owns the repository."""
    match = re.search(r"([\w.-]+)(?:#|/issues/|/pull/)(\d+)$", issue.lower())
    return match.groups() if match else tuple(re.findall(r"\d+", issue))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

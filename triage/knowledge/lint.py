"""Finds what is wrong with a knowledge file although it can be read: gaps, clashes, names that nothing answers to."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from triage.correlate.questions import CIRCUMSTANCES
from triage.knowledge.conditions import Condition, FindingCondition, GroupCondition
from triage.knowledge.issue import KnownIssue
from triage.knowledge.versions import Standing as St
from triage.knowledge.versions import parse_version, standing
from triage.patterns import compiled
from triage.records import dataclass

FINDINGS = frozenset(
    {"new-connections", "tls-error-bursts", *(question.__name__.replace("_", "-") for question in CIRCUMSTANCES)}
)
"""Ids of the questions that the evidence is asked: each bears the name of its function."""
PRODUCTS = frozenset({"valkey", "redis", "keydb"})
_FILE_NAME = compiled(
    r"(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)*-[0-9a-f]+|cve-\d{4}-\d+|environment-[a-z0-9-]+|[a-z0-9-]+)\.toml"
)
_ID = compiled(r"[\w.-]+/[\w.-]+[#@][\w.-]+|CVE-\d{4}-\d+|environment/[a-z0-9-]+|redis:[\w-]+")


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something to correct in a knowledge file."""

    path: Path
    message: str


def lint(entries: Sequence[tuple[Path, KnownIssue]]) -> list[Complaint]:
    """What should be corrected, in the order of the files; empty if all is well."""
    found = [Complaint(path, message) for path, issue in entries for message in _of_one(path, issue)]
    return [*found, *_clashes(entries)]


def _of_one(path: Path, issue: KnownIssue) -> Iterator[str]:
    if not _FILE_NAME.fullmatch(path.name):
        yield "name the file <product>-<number>.toml, cve-<year>-<number>.toml or environment-<slug>.toml"
    if not _ID.fullmatch(issue.id):
        yield f"id {issue.id} is none that a tracker or advisory gives, nor environment/<slug>"
    if not issue.references and not issue.id.startswith("environment/"):
        yield "references is empty: say where the facts come from"
    expects = {sample.expect for sample in issue.samples}
    if not expects - {"other"}:
        yield "a sample that the entry must be named or listed for is missing"
    if "other" not in expects:
        yield "a sample that looks alike and is something else is missing"
    for name in sorted(_findings([*issue.required, *issue.supporting, *issue.contradicting]) - FINDINGS):
        yield f"finding {name} is the answer to no question"
    yield from _version_gaps(issue)


def _version_gaps(issue: KnownIssue) -> Iterator[str]:
    for bounds in issue.versions:
        if bounds.product not in PRODUCTS:
            yield f"product {bounds.product} is none of {', '.join(sorted(PRODUCTS))}"
        if bounds.first and bounds.fixed and bounds.first >= bounds.fixed:
            yield "a range of versions ends before it begins"
    products = {bounds.product for bounds in issue.versions}
    for text in issue.fix.fixed_in:
        version = parse_version(text)
        if products and version and all(standing(p, version, issue.versions) is St.AFFECTED for p in products):
            yield f"fixed_in names {text}, which [[versions]] calls affected"


def _findings(conditions: Iterable[Condition]) -> set[str]:
    names: set[str] = set()
    for condition in conditions:
        if isinstance(condition, FindingCondition):
            names.add(condition.finding)
        elif isinstance(condition, GroupCondition):
            names |= _findings(condition.members)
    return names


def _clashes(entries: Sequence[tuple[Path, KnownIssue]]) -> Iterator[Complaint]:
    """One bug is one entry: an id may stand once, as an entry or as another name of one."""
    owners: dict[str, Path] = {}
    for path, issue in entries:
        for name in issue.names:
            first = owners.setdefault(name, path)
            if first != path:
                yield Complaint(path, f"{name} is in {first.name} already: one bug is one entry")

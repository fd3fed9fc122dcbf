"""Loads known issues from the package and from the user's own directories."""

import math
import tomllib
from datetime import date
from pathlib import Path

from triage.knowledge.conditions import Condition, FactCondition, FindingCondition, Interval, Operand, Operator
from triage.knowledge.facts import is_fact
from triage.knowledge.issue import KnownIssue, Sample
from triage.knowledge.reading import KnowledgeError, Table
from triage.knowledge.versions import AffectedRange, Standing, Version, parse_version
from triage.model import Fix, Kind, Outcome

_OWN = Path(__file__).with_name("issues")
_SAMPLE_EXPECTS = ("known", "suspected", "other")


def load_issues(*extra_dirs: Path | str) -> tuple[KnownIssue, ...]:
    """All known issues by id; an entry of ``extra_dirs`` replaces one of the package with the same id.

    Raises:
        KnowledgeError: a file cannot be read, is no TOML or states something impossible; it names file, line and key.
    """
    issues: dict[str, KnownIssue] = {}
    for directory in (_OWN, *map(Path, extra_dirs)):
        for path in _files(directory):
            issue = load_issue(path)
            issues[issue.id] = issue
    return tuple(issues[key] for key in sorted(issues))


def _files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        raise KnowledgeError(f"{directory} is not a directory", "Name a directory that holds .toml files.")
    return sorted(directory.glob("*.toml"))


def load_issue(path: Path) -> KnownIssue:
    """One known issue from its file; raises ``KnowledgeError`` as ``load_issues`` does."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KnowledgeError(f"{path}: {error}", "Correct the knowledge file, or remove it.") from error
    return _issue(Table(path, text, data))


def _issue(entry: Table) -> KnownIssue:
    weights = entry.table("confidence")
    issue = KnownIssue(
        id=entry.need("id", str),
        title=entry.need("title", str),
        kinds=_kinds(entry),
        cause=" ".join(entry.need("cause", str).split()),
        required=tuple(_condition(t, weighted=False) for t in entry.tables("required")),
        supporting=tuple(_condition(t, weighted=True) for t in entry.tables("supporting")),
        contradicting=tuple(_condition(t, weighted=True) for t in entry.tables("contradicting")),
        versions=tuple(_range(t) for t in entry.tables("versions")),
        fix=_fix(entry.table("fix")),
        advice=entry.strings("advice"),
        references=_references(entry),
        last_checked=entry.need("last_checked", date),
        samples=tuple(_sample(t) for t in entry.tables("samples")),
        base=_share(weights, "base"),
        ceiling=_share(weights, "ceiling"),
    )
    if not issue.required:
        raise entry.error("[[required]] is missing: without it the entry would fit every crash")
    weights.finish()
    entry.finish()
    return issue


def _kinds(entry: Table) -> frozenset[Kind]:
    names = entry.strings("kinds")
    unknown = [name for name in names if name not in list(Kind)]
    if unknown or not names:
        raise entry.error(f"kinds must be some of {', '.join(Kind)}", "kinds")
    return frozenset(Kind(name) for name in names)


def _references(entry: Table) -> tuple[str, ...]:
    addresses = entry.strings("references")
    if not all(address.startswith("https://") for address in addresses):
        raise entry.error("references must be https:// addresses", "references")
    return addresses


def _share(table: Table, key: str) -> float:
    value = table.need(key, float)
    if not 0 < value < 1:
        raise table.error(f"{key} must lie between 0 and 1", key)
    return value


def _condition(table: Table, *, weighted: bool) -> Condition:
    weight = table.need("weight", float) if weighted else 0.0
    if weighted and not (math.isfinite(weight) and weight > 0):
        raise table.error("weight must be above 0: the list decides the sign", "weight")
    why = table.need("why", str)
    condition = _fact(table, why, weight) if "fact" in table.data else _finding(table, why, weight)
    table.finish()
    return condition


def _fact(table: Table, why: str, weight: float) -> FactCondition:
    fact = table.need("fact", str)
    if not is_fact(fact):
        raise table.error(f"{fact} is no fact of an incident", "fact")
    operators = [operator for operator in Operator if operator in table.data]
    if len(operators) != 1:
        raise table.error(f"one of {', '.join(Operator)} is needed", "fact")
    operator = operators[0]
    return FactCondition(fact, operator, _operand(table, operator), why, weight)


def _operand(table: Table, operator: Operator) -> Operand:
    match operator:
        case Operator.AT_LEAST:
            return Interval(table.need(operator, float), math.inf)
        case Operator.AT_MOST:
            return Interval(-math.inf, table.need(operator, float))
        case Operator.BETWEEN | Operator.OUTSIDE:
            return _interval(table, operator)
        case Operator.VERSION:
            return _standing(table, operator)
        case Operator.ONE_OF:
            return table.strings(operator)
        case Operator.CONTAINS:
            return table.need(operator, str)
        case Operator.EQUALS:
            return _scalar(table, operator)


def _interval(table: Table, key: str) -> Interval:
    ends = table.need(key, list)
    if len(ends) != 2 or not all(isinstance(end, int | float) for end in ends) or ends[0] > ends[1]:
        raise table.error(f"{key} must be two numbers, the lower one first", key)
    return Interval(*ends)


def _standing(table: Table, key: str) -> Standing:
    name = table.need(key, str)
    if name not in list(Standing):
        raise table.error(f"{key} must be one of {', '.join(Standing)}", key)
    return Standing(name)


def _scalar(table: Table, key: str) -> str | int:
    value = table.need(key, object)
    if not isinstance(value, str | int):
        raise table.error(f"{key} must be a text, a whole number, true or false", key)
    return value


def _finding(table: Table, why: str, weight: float) -> FindingCondition:
    name = table.get("finding", str)
    if name is None:
        raise table.error("fact or finding is needed")
    outcome = table.need("outcome", str)
    if outcome not in list(Outcome):
        raise table.error(f"outcome must be one of {', '.join(Outcome)}", "outcome")
    return FindingCondition(name, Outcome(outcome), why, table.get("min_strength", float) or 0.0, weight)


def _range(table: Table) -> AffectedRange:
    bounds = AffectedRange(table.need("product", str), _version(table, "from"), _version(table, "before"))
    table.finish()
    return bounds


def _version(table: Table, key: str) -> Version | None:
    text = table.get(key, str)
    version = parse_version(text)
    if text is not None and version is None:
        raise table.error(f"{key} is no version", key)
    return version


def _fix(table: Table) -> Fix:
    fix = Fix(
        pull_request=table.get("pull_request", str),
        fixed_in=table.strings("fixed_in"),
        introduced_in=table.get("introduced_in", str),
        commit=table.get("commit", str),
    )
    if any(parse_version(text) is None for text in fix.fixed_in):
        raise table.error("fixed_in must be a list of versions", "fixed_in")
    table.finish()
    return fix


def _sample(table: Table) -> Sample:
    sample = Sample(table.need("expect", str), table.need("note", str), table.get("path", str), table.get("log", str))
    if sample.expect not in _SAMPLE_EXPECTS:
        raise table.error(f"expect must be one of {', '.join(_SAMPLE_EXPECTS)}", "expect")
    if (sample.path is None) == (sample.log is None):
        raise table.error("either path or log is needed")
    table.finish()
    return sample

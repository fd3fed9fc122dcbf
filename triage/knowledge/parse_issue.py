"""Reads one knowledge file into a known issue, and rejects what is impossible or overstated."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from triage.knowledge.conditions import Condition, FactCondition, GroupCondition
from triage.knowledge.issue import FIX_PLACE_CEILING, INFERRED_CEILING, KnownIssue, Owner, Sample
from triage.knowledge.parse_condition import parse_condition
from triage.knowledge.reading import Table, read_table
from triage.knowledge.versions import AffectedRange, Version, parse_version
from triage.model import Fix, Kind
from triage.patterns import compiled

SAMPLE_EXPECTS = ("known", "suspected", "candidate", "other")
_CVE = compiled(r"CVE-\d{4}-\d{4,7}")
_GHSA = compiled(r"GHSA(-[23456789cfghjmpqrvwx]{4}){3}")
_TELLING = ("site.expression", "message", "report.lines")
"""Facts that name a failure by its own words, which no other bug shares by chance."""


def load_issue(path: Path) -> KnownIssue:
    """One known issue from its file.

    Raises:
        KnowledgeError: the file cannot be read, is no TOML or states something impossible; it names file and line.
    """
    return parse_issue(read_table(path))


def parse_issue(entry: Table) -> KnownIssue:
    """The known issue in the top table of a knowledge file; raises ``KnowledgeError`` as ``load_issue`` does."""
    weights = entry.table("confidence")
    issue = KnownIssue(
        id=entry.need("id", str),
        title=entry.need("title", str),
        kinds=_kinds(entry),
        owner=_owner(entry),
        aliases=entry.strings("aliases"),
        cve=_ids(entry, "cve", _CVE),
        ghsa=_ids(entry, "ghsa", _GHSA),
        cause=" ".join(entry.need("cause", str).split()),
        inferred=entry.get("inferred", str),
        functions_from_fix=_functions_from_fix(entry),
        required=tuple(parse_condition(t, weighted=False) for t in entry.tables("required")),
        supporting=tuple(parse_condition(t, weighted=True) for t in entry.tables("supporting")),
        contradicting=tuple(parse_condition(t, weighted=True) for t in entry.tables("contradicting")),
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
    _check_ceiling(issue, weights)
    weights.finish()
    entry.finish()
    return issue


def _check_ceiling(issue: KnownIssue, weights: Table) -> None:
    """An entry may not be surer than its sources allow."""
    if issue.inferred and issue.ceiling > INFERRED_CEILING:
        raise weights.error(
            f"ceiling must be at most {INFERRED_CEILING}: something in the entry is inferred", "ceiling"
        )
    tells = any(set(facts_of([condition])) & set(_TELLING) for condition in issue.required)
    if issue.functions_from_fix and not tells and issue.ceiling > FIX_PLACE_CEILING:
        raise weights.error(
            f"ceiling must be at most {FIX_PLACE_CEILING}: the functions are where the fix was made, "
            "and nothing else that is required names this failure",
            "ceiling",
        )


def facts_of(conditions: Iterable[Condition]) -> Iterator[str]:
    """Paths of the facts that conditions ask for, groups included."""
    for condition in conditions:
        if isinstance(condition, FactCondition):
            yield condition.fact
        elif isinstance(condition, GroupCondition):
            yield from facts_of(condition.members)


def _functions_from_fix(entry: Table) -> bool:
    source = entry.get("functions_from", str)
    if source not in (None, "report", "fix"):
        raise entry.error("functions_from must be report or fix", "functions_from")
    return source == "fix"


def _owner(entry: Table) -> Owner:
    name = entry.get("owner", str) or Owner.SERVER
    if name not in list(Owner):
        raise entry.error(f"owner must be one of {', '.join(Owner)}", "owner")
    return Owner(name)


def _ids(entry: Table, key: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    values = entry.strings(key)
    if not all(pattern.fullmatch(value) for value in values):
        raise entry.error(f"{key} must be a list such as {_EXAMPLES[key]}", key)
    return values


_EXAMPLES = {"cve": '["CVE-2025-32023"]', "ghsa": '["GHSA-rp2m-q4j6-gr43"]'}


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
    if sample.expect not in SAMPLE_EXPECTS:
        raise table.error(f"expect must be one of {', '.join(SAMPLE_EXPECTS)}", "expect")
    if (sample.path is None) == (sample.log is None):
        raise table.error("either path or log is needed")
    table.finish()
    return sample

"""How evidence becomes a number.

Every entry starts with its ``base``: the probability that the crash is this issue if the required evidence is all
there is. Weights are log-odds (natural logarithm): supporting evidence adds its weight, contradicting evidence takes
it away, both scaled by the degree to which the condition holds (1 for facts, a finding's strength for findings)::

    confidence = ceiling · σ( ln(base / (1 - base)) + Σ supporting·degree - Σ contradicting·degree )

with σ(x) = 1 / (1 + e^-x). Evidence that could not be checked counts nothing and is listed. A weight of 0.7 doubles
the odds, 1.1 triples them, 6 makes them 400 times smaller.

The reporter's version is weighed for every entry that names affected versions (``standing_conditions``), unless the
entry does so itself.
"""

import math
from collections.abc import Mapping

from triage.knowledge.conditions import Check, Condition, FactCondition, Operator, check
from triage.knowledge.facts import Facts
from triage.knowledge.issue import KnownIssue
from triage.knowledge.versions import Standing, parse_version, standing
from triage.model import Finding
from triage.records import dataclass

KNOWN = 0.8
"""From this confidence on a verdict names the issue."""
SUSPECTED = 0.5
"""From this confidence on a verdict suspects the issue."""


_SHORTEST_SHA = 7
_AFFECTED_WEIGHT = 1.0
_AGAINST: Mapping[Standing, tuple[float, str]] = {
    Standing.FIXED: (6.0, "{value} holds the fix."),
    Standing.NOT_AFFECTED: (5.0, "{value} is older than the bug."),
    Standing.OTHER_PRODUCT: (3.0, "{value} is of the other project; the bug came after they parted."),
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """One issue held against one incident; all its required evidence is there."""

    issue: KnownIssue
    confidence: float
    standing: Standing
    required: tuple[Check, ...]
    supporting: tuple[Check, ...]
    contradicting: tuple[Check, ...]


def weigh(issue: KnownIssue, facts: Facts, findings: Mapping[str, Finding]) -> Weighed | None:
    """The issue with its confidence, or ``None`` if required evidence is absent."""
    stands = _standing(issue, facts)

    def checks(conditions: tuple[Condition, ...]) -> tuple[Check, ...]:
        return tuple(check(condition, facts, findings, stands) for condition in conditions)

    required = checks(issue.required)
    if not all(c.met for c in required):
        return None
    usual_for, usual_against = standing_conditions(issue)
    supporting, contradicting = checks(issue.supporting + usual_for), checks(issue.contradicting + usual_against)
    odds = math.log(issue.base / (1 - issue.base)) + _sum(supporting) - _sum(contradicting)
    confidence = round(issue.ceiling / (1 + math.exp(-odds)), 3)
    return Weighed(issue, confidence, stands, required, supporting, contradicting)


def _standing(issue: KnownIssue, facts: Facts) -> Standing:
    """Where the reporter's build stands; a development build that was made from the fix itself holds it."""
    server, commit = facts.incident.server, issue.fix.commit
    if commit and server.git_sha1 and _same_commit(commit, server.git_sha1):
        return Standing.FIXED
    return standing(server.product, parse_version(server.version), issue.versions)


def _same_commit(one: str, other: str) -> bool:
    """Whether two, mostly shortened, commit ids are the same; a build without git prints nothing but zeros."""
    length = min(len(one), len(other))
    return length >= _SHORTEST_SHA and one[:length] == other[:length] != "0" * length


def standing_conditions(issue: KnownIssue) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """What the reporter's version usually weighs, for and against; nothing if the entry weighs it itself."""
    own = any(
        isinstance(c, FactCondition) and c.operator is Operator.VERSION
        for c in issue.supporting + issue.contradicting
    )
    if own or not issue.versions:
        return (), ()
    affected = _standing_condition(Standing.AFFECTED, _AFFECTED_WEIGHT, "{value} is one of the affected versions.")
    return (affected,), tuple(_standing_condition(standing, *weighed) for standing, weighed in _AGAINST.items())


def _standing_condition(standing: Standing, weight: float, why: str) -> FactCondition:
    return FactCondition("server.version", Operator.VERSION, standing, why, weight)


def _sum(checks: tuple[Check, ...]) -> float:
    return sum(c.condition.weight * (c.degree or 0.0) for c in checks)

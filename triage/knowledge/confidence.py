"""How evidence becomes a number.

Every entry starts with its ``base``: the probability that the crash is this issue if the required evidence is all
there is. Weights are log-odds (natural logarithm): supporting evidence adds its weight, contradicting evidence takes
it away, both scaled by the degree to which the condition holds (1 for facts, a finding's strength for findings)::

    confidence = ceiling · σ( ln(base / (1 - base)) + Σ supporting·degree - Σ contradicting·degree )

with σ(x) = 1 / (1 + e^-x). Evidence that could not be checked counts nothing and is listed. A weight of 0.7 doubles
the odds, 1.1 triples them, 6 makes them 400 times smaller.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from triage.knowledge.conditions import Check, Condition, check
from triage.knowledge.facts import Facts
from triage.knowledge.issue import KnownIssue
from triage.knowledge.versions import Standing, parse_version, standing
from triage.model import Finding

KNOWN = 0.8
"""From this confidence on a verdict names the issue."""
SUSPECTED = 0.5
"""From this confidence on a verdict suspects the issue."""


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
    version = parse_version(facts.incident.server.version)
    stands = standing(facts.incident.server.product, version, issue.versions)

    def checks(conditions: tuple[Condition, ...]) -> tuple[Check, ...]:
        return tuple(check(condition, facts, findings, stands) for condition in conditions)

    required = checks(issue.required)
    if not all(c.met for c in required):
        return None
    supporting, contradicting = checks(issue.supporting), checks(issue.contradicting)
    odds = math.log(issue.base / (1 - issue.base)) + _sum(supporting) - _sum(contradicting)
    confidence = round(issue.ceiling / (1 + math.exp(-odds)), 3)
    return Weighed(issue, confidence, stands, required, supporting, contradicting)


def _sum(checks: tuple[Check, ...]) -> float:
    return sum(c.condition.weight * (c.degree or 0.0) for c in checks)

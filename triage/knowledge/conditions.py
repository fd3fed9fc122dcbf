"""Typed conditions over facts and findings: the language in which knowledge files state evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from triage.knowledge.facts import Facts
from triage.knowledge.versions import Standing
from triage.model import Finding, Outcome


class Operator(StrEnum):
    """How a fact is compared with the operand that the knowledge file gives."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    BETWEEN = "between"
    OUTSIDE = "outside"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    CONTAINS = "contains"
    VERSION = "version"


class Interval(NamedTuple):
    """Numbers from ``low`` to ``high``, both included."""

    low: float
    high: float


Operand = str | int | float | Interval | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactCondition:
    """Something that a fact of the incident must satisfy. ``why`` may hold ``{value}``."""

    fact: str
    operator: Operator
    operand: Operand
    why: str
    weight: float = 0.0

    @property
    def subject(self) -> str:
        """What the condition is about, as reasons name it."""
        return self.fact


@dataclass(frozen=True, slots=True)
class FindingCondition:
    """An answer that a question of the evidence must have got; its strength scales the weight."""

    finding: str
    outcome: Outcome
    why: str
    min_strength: float = 0.0
    weight: float = 0.0

    @property
    def subject(self) -> str:
        """What the condition is about, as reasons name it."""
        return self.finding


Condition = FactCondition | FindingCondition


@dataclass(frozen=True, slots=True)
class Check:
    """How a condition came out: ``degree`` from 0 (not met) to 1, or ``None`` if the input does not tell."""

    condition: Condition
    degree: float | None
    value: object = None
    finding: Finding | None = None

    @property
    def met(self) -> bool:
        """Whether the condition holds at least in part."""
        return bool(self.degree)


def check(condition: Condition, facts: Facts, findings: Mapping[str, Finding], standing: Standing) -> Check:
    """Evaluates one condition; ``standing`` is that of the reporter's version to the issue in question."""
    if isinstance(condition, FindingCondition):
        return _check_finding(condition, findings.get(condition.finding))
    value = facts.get(condition.fact)
    if condition.operator is Operator.VERSION:
        known = standing is not Standing.UNKNOWN
        return Check(condition, float(standing == condition.operand) if known else None, value)
    if value is None:
        return Check(condition, None)
    degree = _contained(value, condition) if condition.operator is Operator.CONTAINS else _compared(value, condition)
    shown = condition.operand if condition.operator is Operator.CONTAINS else value
    return Check(condition, degree, shown)


def _check_finding(condition: FindingCondition, finding: Finding | None) -> Check:
    if finding is None or finding.outcome is Outcome.NOT_APPLICABLE:
        return Check(condition, None, finding=finding)
    holds = finding.outcome is condition.outcome and finding.strength >= condition.min_strength
    return Check(condition, finding.strength if holds else 0.0, finding=finding)


def _contained(value: object, condition: FactCondition) -> float | None:
    """Membership in a list in which ``None`` stands for members that the input does not name."""
    if isinstance(value, str):
        return float(str(condition.operand) in value)
    members = value if isinstance(value, tuple) else ()
    if condition.operand in members:
        return 1.0
    return None if None in members else 0.0


def _compared(value: object, condition: FactCondition) -> float | None:
    """``None`` if a number is asked for and the fact is none."""
    operand = condition.operand
    if isinstance(operand, Interval):
        if not isinstance(value, int | float):
            return None
        inside = operand.low <= value <= operand.high
        return float(inside is not (condition.operator is Operator.OUTSIDE))
    return float(value in operand if isinstance(operand, tuple) else value == operand)

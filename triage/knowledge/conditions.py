"""Typed conditions over facts and findings: the language in which knowledge files state evidence."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from triage.knowledge.facts import Facts
from triage.knowledge.glob import first_match, glob_matches
from triage.knowledge.versions import Standing
from triage.model import Finding, Outcome
from triage.records import dataclass


class Operator(StrEnum):
    """How a fact is compared with the operand that the knowledge file gives."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    BETWEEN = "between"
    OUTSIDE = "outside"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    CONTAINS = "contains"
    CONTAINS_ANY = "contains_any"
    MATCHES = "matches"
    IN_ORDER = "in_order"
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

    @property
    def told(self) -> str:
        """The condition itself in one line."""
        operand = self.operand
        if isinstance(operand, Interval):
            return f"{self.fact} {self.operator} {operand.low:g} to {operand.high:g}"
        shown = ", ".join(map(str, operand)) if isinstance(operand, tuple) else operand
        return f"{self.fact} {self.operator} {shown}"


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

    @property
    def told(self) -> str:
        """The condition itself in one line."""
        return f"finding {self.finding} {self.outcome}"


@dataclass(frozen=True, slots=True)
class GroupCondition:
    """Alternatives of which one must hold or, with ``every``, conditions that must hold together."""

    members: "tuple[Condition, ...]"
    every: bool
    why: str
    weight: float = 0.0

    @property
    def subject(self) -> str:
        """What the first member is about."""
        return self.members[0].subject

    @property
    def told(self) -> str:
        """The condition itself in one line."""
        joint = " and " if self.every else " or "
        return f"({joint.join(member.told for member in self.members)})"


Condition = FactCondition | FindingCondition | GroupCondition


@dataclass(frozen=True, slots=True)
class Check:
    """How a condition came out: ``degree`` from 0 (not met) to 1, or ``None`` if the input does not tell.

    ``subject`` is what decided: of a group, its deciding member.
    """

    condition: Condition
    subject: str
    degree: float | None
    value: object = None
    finding: Finding | None = None

    @property
    def met(self) -> bool:
        """Whether the condition holds at least in part."""
        return bool(self.degree)


def check(condition: Condition, facts: Facts, findings: Mapping[str, Finding], standing: Standing) -> Check:
    """Evaluates one condition; ``standing`` is that of the reporter's version to the issue in question."""
    if isinstance(condition, GroupCondition):
        return _check_group(condition, [check(member, facts, findings, standing) for member in condition.members])
    if isinstance(condition, FindingCondition):
        return _check_finding(condition, findings.get(condition.finding))
    value = facts.get(condition.fact)
    if condition.operator is Operator.VERSION:
        known = standing is not Standing.UNKNOWN
        return Check(condition, condition.fact, float(standing == condition.operand) if known else None, value)
    if value is None:
        return Check(condition, condition.fact, None)
    degree, shown = _compare(value, condition)
    return Check(condition, condition.fact, degree, shown)


def asks_facts_only(condition: Condition) -> bool:
    """Whether facts decide it: neither findings nor the version's standing, which need more than the incident."""
    if isinstance(condition, GroupCondition):
        return all(asks_facts_only(member) for member in condition.members)
    return isinstance(condition, FactCondition) and condition.operator is not Operator.VERSION


def _check_group(group: GroupCondition, checks: Sequence[Check]) -> Check:
    """The best alternative decides, or the weakest of those that must hold together; unknown lies between."""
    pick = min if group.every else max
    decisive = pick(checks, key=lambda c: 0.5 if c.degree is None else c.degree + (1 if c.met else 0))
    return Check(group, decisive.subject, decisive.degree, decisive.value, decisive.finding)


def _check_finding(condition: FindingCondition, finding: Finding | None) -> Check:
    if finding is None or finding.outcome is Outcome.NOT_APPLICABLE:
        return Check(condition, condition.finding, None, finding=finding)
    holds = finding.outcome is condition.outcome and finding.strength >= condition.min_strength
    return Check(condition, condition.finding, finding.strength if holds else 0.0, finding=finding)


def _compare(value: object, condition: FactCondition) -> tuple[float | None, object]:
    """The degree, and what a reason shows: the part of the value that was looked for, or the value itself."""
    operand = condition.operand
    match condition.operator:
        case Operator.CONTAINS:
            return _contained(value, (str(operand),))
        case Operator.CONTAINS_ANY if isinstance(operand, tuple):
            return _contained(value, tuple(map(str, operand)))
        case Operator.MATCHES:
            return _matched(value, str(operand))
        case Operator.IN_ORDER if isinstance(operand, tuple):
            return _in_order(value, tuple(map(str, operand)))
        case _:
            return _compared(value, condition), value


def _contained(value: object, wanted: Sequence[str]) -> tuple[float | None, object]:
    """Whether one of the texts is in a text or list; ``None`` stands for members that the input does not name."""
    if isinstance(value, str):
        found = next((text for text in wanted if text in value), None)
        return float(found is not None), found or value
    members = value if isinstance(value, tuple) else ()
    found = next((text for text in wanted if text in members), None)
    if found is not None:
        return 1.0, found
    return (None if None in members else 0.0), " or ".join(wanted)


def _matched(value: object, pattern: str) -> tuple[float | None, object]:
    if isinstance(value, str):
        return float(glob_matches(pattern, value)), value
    members = value if isinstance(value, tuple) else ()
    found = first_match(pattern, members)
    if found is not None:
        return 1.0, found.strip()
    return (None if None in members else 0.0), pattern


def _in_order(value: object, wanted: Sequence[str]) -> tuple[float | None, object]:
    """Whether a list holds the texts one behind the other, with anything in between."""
    members = value if isinstance(value, tuple) else ()
    rest = iter(members)
    found = all(text in rest for text in wanted)
    shown = " below ".join(wanted)
    if found:
        return 1.0, shown
    return (None if None in members else 0.0), shown


def _compared(value: object, condition: FactCondition) -> float | None:
    """``None`` if a number is asked for and the fact is none."""
    operand = condition.operand
    if isinstance(operand, Interval):
        if not isinstance(value, int | float):
            return None
        inside = operand.low <= value <= operand.high
        return float(inside is not (condition.operator is Operator.OUTSIDE))
    return float(value in operand if isinstance(operand, tuple) else value == operand)

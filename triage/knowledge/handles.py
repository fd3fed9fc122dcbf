"""What an entry can be found by: a function, expression, message … without which it cannot fit an incident."""

from collections.abc import Iterator, Mapping

from triage.knowledge.conditions import Condition, FactCondition, FindingCondition, Operator
from triage.knowledge.facts import Facts
from triage.knowledge.issue import KnownIssue
from triage.model import Kind

_RANK: Mapping[str, int] = {
    "site.expression": 0,
    "message": 1,
    "stack.culprit": 2,
    "stack.top": 3,
    "stack.functions": 4,
    "stack.handlers": 5,
    "stack.modules": 5,
    "stack.owner": 5,
    "current_command": 6,
    "site.file": 7,
    "signal.name": 8,
    "server.modules": 9,
}
"""Facts that entries are found by, the rarest values first."""
_WHOLE = (Operator.EQUALS, Operator.ONE_OF)
_MEMBER = (Operator.CONTAINS, Operator.CONTAINS_ANY)
_LISTS = ("stack.functions", "stack.top", "stack.handlers", "stack.modules", "server.modules")

Choice = tuple[int, frozenset[str]]


def handles_of_issue(issue: KnownIssue) -> frozenset[str]:
    """Handles of which an incident must have one; those of its kinds if nothing narrower is required."""
    choices = [choice for condition in issue.required if (choice := _choice(condition))]
    values = min(choices, key=_rarity)[1] if choices else frozenset({""})
    return frozenset(_handle(kind, value) for kind in issue.kinds for value in values)


def handles_of_incident(facts: Facts) -> Iterator[str]:
    """Every handle that the incident has."""
    kind = facts.incident.kind
    yield _handle(kind, "")
    for fact in _RANK:
        value = facts.get(fact)
        for member in value if isinstance(value, tuple) else (value,):
            if member is not None:
                yield _handle(kind, f"{fact}={member}")


def _handle(kind: Kind, value: str) -> str:
    return f"{kind}|{value}"


def _rarity(choice: Choice) -> tuple[int, int, list[str]]:
    rank, values = choice
    return rank, len(values), sorted(values)


def _choice(condition: Condition) -> Choice | None:
    """How rare the values are that satisfy the condition, and which; ``None`` if it cannot be looked up."""
    if isinstance(condition, FindingCondition):
        return None
    if isinstance(condition, FactCondition):
        return _choice_of_fact(condition)
    choices = [_choice(member) for member in condition.members]
    known = [choice for choice in choices if choice]
    if condition.every:
        return min(known, key=_rarity) if known else None
    if len(known) < len(choices):
        return None
    return max(rank for rank, _ in known), frozenset().union(*(values for _, values in known))


def _choice_of_fact(condition: FactCondition) -> Choice | None:
    if condition.fact not in _RANK:
        return None
    operand = condition.operand
    listed = condition.fact in _LISTS
    if condition.operator is Operator.IN_ORDER and isinstance(operand, tuple):
        operand = str(operand[0])
    elif condition.operator not in (_MEMBER if listed else _WHOLE):
        return None
    values = operand if isinstance(operand, tuple) else (operand,)
    return _RANK[condition.fact], frozenset(f"{condition.fact}={value}" for value in values)

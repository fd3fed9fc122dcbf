"""Reads a condition of a knowledge file."""

import math
from collections.abc import Callable

from triage.knowledge.conditions import (
    Condition,
    FactCondition,
    FindingCondition,
    GroupCondition,
    Interval,
    Operand,
    Operator,
)
from triage.knowledge.facts import SPELLING, is_fact
from triage.knowledge.reading import Table
from triage.knowledge.versions import Standing
from triage.model import Outcome

ANY_OF, ALL_OF = "any_of", "all_of"
_LISTS = (Operator.ONE_OF, Operator.CONTAINS_ANY, Operator.IN_ORDER)


def parse_condition(table: Table, *, weighted: bool) -> Condition:
    """The condition in a table; one that supports or contradicts must carry a weight.

    Raises:
        KnowledgeError: a key is missing, unknown or impossible; it names file, line and key.
    """
    weight = table.need("weight", float) if weighted else 0.0
    if weighted and not (math.isfinite(weight) and weight > 0):
        raise table.error("weight must be above 0: the list decides the sign", "weight")
    return _condition(table, table.need("why", str), weight)


def _condition(table: Table, why: str, weight: float) -> Condition:
    if ANY_OF in table.data or ALL_OF in table.data:
        condition: Condition = _group(table, why, weight)
    elif "fact" in table.data:
        condition = _fact(table, why, weight)
    else:
        condition = _finding(table, why, weight)
    table.finish()
    return condition


def _group(table: Table, why: str, weight: float) -> GroupCondition:
    key = ALL_OF if ALL_OF in table.data else ANY_OF
    members = tuple(_condition(member, "", 0.0) for member in table.members(key))
    if len(members) < 2:
        raise table.error(f"{key} needs at least two conditions", key)
    return GroupCondition(members, key == ALL_OF, why, weight)


def _fact(table: Table, why: str, weight: float) -> FactCondition:
    fact = table.need("fact", str)
    if not is_fact(fact):
        raise table.error(f"{fact} is no fact of an incident", "fact")
    operators = [operator for operator in Operator if operator in table.data]
    if len(operators) != 1:
        raise table.error(f"one of {', '.join(Operator)} is needed", "fact")
    operator = operators[0]
    operand = _spelt(_operand(table, operator), operator, SPELLING.get(fact))
    return FactCondition(fact, operator, operand, why, weight)


def _spelt(operand: Operand, operator: Operator, spelling: Callable[[str], str] | None) -> Operand:
    """The operand in the one spelling in which the fact is compared; patterns are spelt piece by piece."""
    if spelling is None:
        return operand
    if isinstance(operand, str):
        return (
            "*".join(spelling(part) for part in operand.split("*"))
            if operator is Operator.MATCHES
            else spelling(operand)
        )
    if isinstance(operand, tuple) and not isinstance(operand, Interval):
        return tuple(spelling(text) for text in operand)
    return operand


def _operand(table: Table, operator: Operator) -> Operand:
    if operator in _LISTS:
        texts = table.strings(operator)
        if not texts:
            raise table.error(f"{operator} must not be empty", operator)
        return texts
    match operator:
        case Operator.AT_LEAST:
            return Interval(table.need(operator, float), math.inf)
        case Operator.AT_MOST:
            return Interval(-math.inf, table.need(operator, float))
        case Operator.BETWEEN | Operator.OUTSIDE:
            return _interval(table, operator)
        case Operator.VERSION:
            return _standing(table, operator)
        case Operator.EQUALS:
            return _scalar(table, operator)
        case _:
            return table.need(operator, str)


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
        raise table.error("fact, finding, any_of or all_of is needed")
    outcome = table.need("outcome", str)
    if outcome not in list(Outcome):
        raise table.error(f"outcome must be one of {', '.join(Outcome)}", "outcome")
    return FindingCondition(name, Outcome(outcome), why, table.get("min_strength", float) or 0.0, weight)

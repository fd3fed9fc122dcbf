"""Puts what was checked into words: reasons for and against, what stayed unchecked, why another issue lost."""

from collections.abc import Iterable

from triage.knowledge.conditions import Check
from triage.knowledge.confidence import Weighed
from triage.knowledge.facts import Facts
from triage.knowledge.proof import proof
from triage.model import Reason


def reasons(checks: Iterable[Check], facts: Facts) -> tuple[Reason, ...]:
    """One reason for each condition that holds, with the line that proves it where there is one."""
    return tuple(_reason(c, facts) for c in checks if c.met)


def _reason(check: Check, facts: Facts) -> Reason:
    why = check.condition.why
    if check.finding is not None:
        return Reason(check.subject, f"{why} {check.finding.summary}".strip(), check.finding.evidence)
    return Reason(check.subject, _filled(check), proof(facts, check.subject, check.value))


def _filled(check: Check) -> str:
    return check.condition.why.replace("{value}", str(check.value))


def unchecked(best: Weighed) -> tuple[Reason, ...]:
    """One reason for each subject on which the input is silent."""
    silent: dict[str, str] = {}
    for check in (*best.supporting, *best.contradicting):
        if check.degree is None:
            silent.setdefault(check.subject, _silence(check))
    return tuple(Reason(subject, text) for subject, text in silent.items())


def _silence(check: Check) -> str:
    if check.finding is not None:
        return check.finding.summary
    if check.value is not None and check.subject.startswith("stack."):
        return f"A frame without a name could be {check.value}."
    if check.value is not None:
        return f"{check.value} does not tell whether the issue is in it."
    return "Not stated in the input."


def contradiction(weighed: Weighed) -> Check | None:
    """The weightiest condition that speaks against the issue, if one does."""
    met = [check for check in weighed.contradicting if check.met]
    return max(met, key=lambda c: c.condition.weight * (c.degree or 0.0), default=None)


def shortfall(weighed: Weighed) -> str:
    """Why the issue is no more likely than it is, in one sentence."""
    against = contradiction(weighed)
    issue = weighed.issue
    if against is not None:
        return _filled(against)
    if issue.functions_from_fix:
        return "Only the place of its fix is known, not the stack of a crash."
    if issue.inferred:
        return f"Something in the entry is inferred: {issue.inferred[:1].lower()}{issue.inferred[1:]}"
    silent = next((c for c in weighed.supporting if c.degree is None), None)
    return f"The input does not show {silent.subject}." if silent else "Less evidence points at it."

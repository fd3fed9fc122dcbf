"""Judges an incident against the known issues."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from triage.knowledge.conditions import Check
from triage.knowledge.confidence import KNOWN, SUSPECTED, Weighed, weigh
from triage.knowledge.facts import Facts
from triage.knowledge.issue import KnownIssue
from triage.knowledge.unmatched import generic_advice, is_too_poor, unmatched_title
from triage.knowledge.versions import Standing, nearest_fixed, parse_version
from triage.model import Candidate, Finding, FixedStatus, Incident, Reason, Signature, Status, Verdict

_NEAR_MISS = {
    Standing.FIXED: "Looks like {id}, but {version} holds its fix: a regression or another bug",
    Standing.NOT_AFFECTED: "Looks like {id}, but {version} does not have that bug",
    Standing.OTHER_PRODUCT: "Looks like {id}, but that bug is the other project's",
    Standing.AFFECTED: "Looks like {id}, but other facts contradict it",
    Standing.UNKNOWN: "Looks like {id}, but the evidence speaks against it",
}
_REGRESSION = "If {version} is what really ran, report it as a possible regression of {id}, with this report."


def judge(
    incident: Incident, findings: Sequence[Finding], signature: Signature, issues: Iterable[KnownIssue]
) -> Verdict:
    """The verdict on one incident. How evidence becomes confidence is told in ``confidence.py``."""
    facts = Facts(incident, signature)
    by_id = {finding.id: finding for finding in findings}
    weighed = [w for issue in _relevant(issues, facts) if (w := weigh(issue, facts, by_id))]
    weighed.sort(key=lambda w: (-w.confidence, w.issue.id))
    candidates = tuple(Candidate(w.issue.id, w.confidence) for w in weighed)
    if weighed and weighed[0].confidence >= SUSPECTED:
        return _named(weighed[0], facts, candidates)
    if weighed:
        return _near_miss(weighed[0], facts, candidates)
    poor = is_too_poor(incident, signature)
    return Verdict(
        status=Status.NOT_ENOUGH_EVIDENCE if poor else Status.UNKNOWN,
        title=unmatched_title(incident, signature),
        fixed_status=FixedStatus.UNKNOWN,
        advice=generic_advice(incident, signature),
    )


def _relevant(issues: Iterable[KnownIssue], facts: Facts) -> Iterator[KnownIssue]:
    return (issue for issue in issues if facts.incident.kind in issue.kinds)


def _named(best: Weighed, facts: Facts, candidates: tuple[Candidate, ...]) -> Verdict:
    issue = best.issue
    return Verdict(
        status=Status.KNOWN if best.confidence >= KNOWN else Status.SUSPECTED,
        issue=issue.id,
        title=issue.title,
        cause=issue.cause,
        confidence=best.confidence,
        for_=_reasons(best.required + best.supporting, facts),
        against=_reasons(best.contradicting, facts),
        unchecked=_unchecked(best),
        fix=issue.fix,
        fixed_status=_fixed_status(best),
        advice=(*_upgrade(best, facts), *issue.advice),
        references=issue.references,
        candidates=candidates,
    )


def _near_miss(best: Weighed, facts: Facts, candidates: tuple[Candidate, ...]) -> Verdict:
    """Unknown, with the issue that comes closest and what keeps it from being the answer."""
    incident = facts.incident
    words = {"id": best.issue.id, "version": incident.server.version}
    regression = (_REGRESSION.format(**words),) if best.standing is Standing.FIXED else ()
    return Verdict(
        status=Status.UNKNOWN,
        title=_NEAR_MISS[best.standing].format(**words),
        for_=_reasons(best.required + best.supporting, facts),
        against=_reasons(best.contradicting, facts),
        unchecked=_unchecked(best),
        fixed_status=_NOT_IT.get(best.standing, FixedStatus.UNKNOWN),
        advice=(*regression, *generic_advice(incident, facts.signature)),
        references=best.issue.references,
        candidates=candidates,
    )


def _reasons(checks: Iterable[Check], facts: Facts) -> tuple[Reason, ...]:
    return tuple(_reason(c, facts) for c in checks if c.met)


def _reason(check: Check, facts: Facts) -> Reason:
    why = check.condition.why
    if check.finding is not None:
        return Reason(check.subject, f"{why} {check.finding.summary}".strip(), check.finding.evidence)
    return Reason(check.subject, why.replace("{value}", str(check.value)), facts.proof(check.subject))


def _unchecked(best: Weighed) -> tuple[Reason, ...]:
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


_NOT_IT: Mapping[Standing, FixedStatus] = {
    Standing.FIXED: FixedStatus.REGRESSION,
    Standing.NOT_AFFECTED: FixedStatus.NOT_AFFECTED,
    Standing.OTHER_PRODUCT: FixedStatus.NOT_AFFECTED,
}


def _fixed_status(best: Weighed) -> FixedStatus:
    if best.standing is Standing.AFFECTED:
        return FixedStatus.FIXED_LATER if best.issue.fix.fixed_in else FixedStatus.UNFIXED
    return _NOT_IT.get(best.standing, FixedStatus.UNKNOWN)


def _upgrade(best: Weighed, facts: Facts) -> tuple[str, ...]:
    version = facts.incident.server.version
    target = nearest_fixed(parse_version(version), best.issue.fix.fixed_in)
    if target is None:
        return ()
    known = version is not None and best.standing is Standing.AFFECTED
    start = f"Upgrade from {version} to {target}" if known else f"Upgrade to {target}"
    return (f"{start} or later: it is the nearest release with the fix.",)

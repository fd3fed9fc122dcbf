"""Judges an incident against the known issues."""

from collections.abc import Iterable, Sequence

from triage.knowledge.confidence import KNOWN, SUSPECTED, Weighed, weigh
from triage.knowledge.facts import Facts
from triage.knowledge.issue import KnownIssue, Owner
from triage.knowledge.provoked import debug_command
from triage.knowledge.reasons import contradiction, reasons, shortfall, unchecked
from triage.knowledge.unmatched import (
    generic_advice,
    is_too_poor,
    unmatched_title,
    was_sent,
)
from triage.knowledge.upgrade import fix_for, fixed_status, not_it, upgrade_advice
from triage.knowledge.versions import Standing
from triage.model import Candidate, Finding, FixedStatus, Incident, Signature, Status, Verdict

CLOSE = 0.1
"""Two candidates whose confidence differs by no more than this are told together, and neither is ``known``."""
_NEAR_MISS = {
    Standing.FIXED: "Looks like {id}, but {version} holds its fix: a regression or another bug",
    Standing.NOT_AFFECTED: "Looks like {id}, but {version} does not have that bug",
    Standing.OTHER_PRODUCT: "Looks like {id}, but that bug is the other project's",
    Standing.AFFECTED: "Looks like {id}, but other facts contradict it",
    Standing.UNKNOWN: "Looks like {id}, but the evidence speaks against it",
}
_REGRESSION = "If {version} is what really ran, report it as a possible regression of {id}, with this report."
_COMPARE = "Compare it with {id} ({title}): it may be that, but the evidence is not enough to say so."
_COMPARE_CAUSE = "{id} ({title}) looks like this, but so do other causes."
_RIVAL = "{id} ({title}) fits nearly as well: compare both before you act."


def judge(
    incident: Incident, findings: Sequence[Finding], signature: Signature, issues: Iterable[KnownIssue]
) -> Verdict:
    """The verdict on one incident. How evidence becomes confidence is told in ``confidence.py``."""
    facts = Facts(incident, signature)
    by_another = was_sent(incident) and incident.signal and incident.signal.sender_pid != incident.pid
    if by_another or incident.is_of_a_running_process:
        # Where the server stood when another process halted or ended it says nothing of any bug.
        return _unmatched((), facts, provoked=False)
    by_id = {finding.id: finding for finding in findings}
    weighed = [w for issue in issues if incident.kind in issue.kinds and (w := weigh(issue, facts, by_id))]
    weighed.sort(key=lambda w: (-w.confidence, w.issue.id))
    if weighed and weighed[0].confidence >= SUSPECTED:
        return _named(weighed, facts)
    provoked = debug_command(incident, signature) is not None
    if weighed and contradiction(weighed[0]) and not provoked:
        return _near_miss(weighed, facts)
    return _unmatched(weighed, facts, provoked=provoked)


def _named(weighed: Sequence[Weighed], facts: Facts) -> Verdict:
    best, *others = weighed
    rivals = [other for other in others if best.confidence - other.confidence <= CLOSE]
    issue = best.issue
    return Verdict(
        status=Status.KNOWN if best.confidence >= KNOWN and not rivals else Status.SUSPECTED,
        issue=issue.id,
        aliases=tuple(name for name in issue.names if name != issue.id),
        title=issue.title,
        cause=issue.cause,
        owner=str(issue.owner),
        confidence=best.confidence,
        for_=reasons(best.required + best.supporting, facts),
        against=reasons(best.contradicting, facts),
        unchecked=unchecked(best),
        fix=fix_for(issue, facts),
        fixed_status=fixed_status(best, facts),
        advice=(*_told(_RIVAL, rivals), *upgrade_advice(best, facts), *issue.advice),
        references=issue.references,
        candidates=_candidates(weighed),
    )


def _near_miss(weighed: Sequence[Weighed], facts: Facts) -> Verdict:
    """Unknown, with the issue that comes closest and what keeps it from being the answer."""
    best, incident = weighed[0], facts.incident
    words = {"id": best.issue.id, "version": incident.server.version}
    regression = (_REGRESSION.format(**words),) if best.standing is Standing.FIXED else ()
    return Verdict(
        status=Status.UNKNOWN,
        title=_NEAR_MISS[best.standing].format(**words),
        for_=reasons(best.required + best.supporting, facts),
        against=reasons(best.contradicting, facts),
        unchecked=unchecked(best),
        fixed_status=not_it(best.standing),
        advice=(*regression, *generic_advice(incident, facts.signature)),
        references=best.issue.references,
        candidates=_candidates(weighed),
    )


def _unmatched(weighed: Sequence[Weighed], facts: Facts, *, provoked: bool) -> Verdict:
    """Unknown; issues that could be it, but not by enough evidence, are listed for comparison."""
    incident, signature = facts.incident, facts.signature
    poor = is_too_poor(incident, signature)
    return Verdict(
        status=Status.NOT_ENOUGH_EVIDENCE if poor else Status.UNKNOWN,
        title=unmatched_title(incident, signature),
        fixed_status=FixedStatus.UNKNOWN,
        advice=(*(() if provoked else _compare(weighed)), *generic_advice(incident, signature)),
        candidates=_candidates(weighed),
    )


def _compare(weighed: Sequence[Weighed]) -> tuple[str, ...]:
    nobodys = weighed and weighed[0].issue.owner in (Owner.ENVIRONMENT, Owner.OPERATING_SYSTEM)
    return _told(_COMPARE_CAUSE if nobodys else _COMPARE, weighed[:1])


def _told(text: str, weighed: Iterable[Weighed]) -> tuple[str, ...]:
    return tuple(text.format(id=w.issue.id, title=w.issue.title) for w in weighed)


def _candidates(weighed: Sequence[Weighed]) -> tuple[Candidate, ...]:
    """Every issue that was weighed; those that were not named say why."""
    return tuple(
        Candidate(w.issue.id, w.confidence, w.issue.title, None if named else shortfall(w))
        for w, named in ((w, place == 0 and w.confidence >= SUSPECTED) for place, w in enumerate(weighed))
    )

"""One incident as the HTML templates want it: everything chosen, limited, worded and linked."""

from collections.abc import Iterable

from triage.model import Code, Incident, Reason
from triage.records import dataclass
from triage.render import wording
from triage.render.abnormal import abnormal
from triage.render.alike import Told
from triage.render.anchors import Anchors, Cited
from triage.render.figures import Group, info_groups
from triage.render.findings import (
    CONNECTIONS,
    TLS_ERRORS,
    FindingGroup,
    FindingView,
    finding_view,
    grouped,
    has_section,
    unanswered,
)
from triage.render.headline import Fact, facts, story, title
from triage.render.limits import Limits
from triage.render.raw_report import RawBlock
from triage.render.reasons import reason_heading
from triage.render.stacks import Stack, failing_stack, other_stacks
from triage.render.state_view import StateView, state_view
from triage.render.time_charts import Pair

CLIENT_KEYS = ("id", "addr", "name", "user", "age", "idle", "flags", "db", "cmd", "resp", "lib-name", "lib-ver")
"""What says most of the client that was being served; the rest is folded."""


@dataclass(frozen=True, slots=True)
class ReasonView:
    """A reason with its heading and lines; those that an earlier reason has quoted stand in ``again``.

    ``finding`` is the anchor of the finding behind it, if there is one.
    """

    heading: str
    reason: str
    lines: tuple[Cited, ...]
    again: tuple[Cited, ...]
    finding: str | None


@dataclass(frozen=True, slots=True)
class IncidentView:
    """``prefix`` starts every anchor of this incident; ``number`` is its 1-based place in the analysis.

    ``note`` says how many others like it this one stands for, if it does.
    """

    number: int
    note: str | None
    prefix: str
    incident: Incident
    title: str
    story: str
    facts: list[Fact]
    severity: str
    reasons_for: list[ReasonView]
    reasons_against: list[ReasonView]
    unchecked: list[ReasonView]
    proof: tuple[Cited, ...]
    stack: Stack | None
    other_stacks: list[Stack]
    left_out_stacks: int
    other_threads: int
    connections: FindingView | None
    tls_errors: FindingView | None
    findings: list[FindingGroup]
    unanswered: list[FindingView]
    close_up: Pair | None
    code: Code | None
    abnormal: list[str]
    state: StateView | None
    figures: list[Group]
    settings: list[Fact]
    client: list[Fact]
    client_fields: list[Fact]
    registers: list[Fact]
    raw: list[RawBlock]
    cited: frozenset[int]


def incident_view(
    told: Told,
    raw: list[RawBlock],
    cited: frozenset[int],
    close_up: Pair | None,
    anchors: Anchors,
    limits: Limits,
) -> IncidentView:
    """Chooses and words everything that the page shows of one incident."""
    incident, prefix = told.incident, anchor_prefix(told.number)
    asked = incident.findings[: limits.findings]
    findings = {finding.id: finding_view(finding, anchors, limits, prefix, incident) for finding in asked}
    shown = {id: view for id, view in findings.items() if has_section(view)}
    rest = [view for id, view in findings.items() if id not in shown]
    client = _pairs(incident.current_client.fields if incident.current_client else None)
    others = other_stacks(incident, limits.frames)
    verdict = incident.verdict
    return IncidentView(
        number=told.number,
        note=told.note,
        prefix=prefix,
        incident=incident,
        title=title(incident),
        story=story(incident),
        facts=facts(incident),
        severity=wording.LEVELS.get(incident.severity.level, "") if incident.severity else "",
        reasons_for=_reasons(verdict.for_, incident, findings, anchors, limits),
        reasons_against=_reasons(verdict.against, incident, findings, anchors, limits),
        unchecked=_reasons(verdict.unchecked, incident, findings, anchors, limits),
        proof=anchors.cite(incident.evidence, limits.evidence),
        stack=failing_stack(incident, limits.frames),
        other_stacks=others[: limits.stacks],
        left_out_stacks=max(len(others) - limits.stacks, 0),
        other_threads=sum(len(stack.names) for stack in others),
        connections=shown.get(CONNECTIONS),
        tls_errors=shown.get(TLS_ERRORS),
        findings=grouped(rest),
        unanswered=unanswered(rest),
        close_up=close_up,
        code=incident.code,
        abnormal=abnormal(incident),
        state=state_view(incident, limits.rows),
        figures=info_groups(incident),
        settings=_pairs(incident.config),
        client=[fact for fact in client if fact.label in CLIENT_KEYS],
        client_fields=client,
        registers=_pairs(incident.registers),
        raw=raw,
        cited=cited,
    )


def anchor_prefix(number: int) -> str:
    """Nothing for the first incident, so that its lines are ``#L123``; ``i2-`` for the second."""
    return "" if number == 1 else f"i{number}-"


def _reasons(
    reasons: Iterable[Reason], incident: Incident, findings: dict[str, FindingView], anchors: Anchors, limits: Limits
) -> list[ReasonView]:
    views = []
    quoted: set[str] = set()
    for reason in tuple(reasons)[: limits.reasons]:
        finding = findings.get(reason.finding)
        lines = anchors.cite(reason.evidence, min(limits.evidence, 3))
        views.append(
            ReasonView(
                heading=reason_heading(reason, incident),
                reason=reason.reason,
                lines=tuple(line for line in lines if line.anchor not in quoted),
                again=tuple(line for line in lines if line.anchor in quoted),
                finding=finding.anchor if finding else None,
            )
        )
        quoted.update(line.anchor for line in lines)
    return views


def _pairs(values: object) -> list[Fact]:
    pairs = values.items() if hasattr(values, "items") else ()
    named = ((str(key), ", ".join(value) if isinstance(value, tuple) else str(value)) for key, value in pairs)
    return [Fact(key, value) for key, value in named if value]

"""Findings as the HTML templates want them: worded, limited, linked, and sorted by what they say of the failure."""

from collections.abc import Iterable

from triage.model import Finding, Incident, Outcome
from triage.records import dataclass
from triage.render import wording
from triage.render.age_chart import AgeChart, age_charts
from triage.render.anchors import Anchors, Cited
from triage.render.figures import LONG, Table, data_facts, data_tables
from triage.render.headline import Fact
from triage.render.limits import Limits
from triage.render.time_charts import Pair, tls_error_charts

CONNECTIONS, TLS_ERRORS = DRAWN = ("new-connections", "tls-error-bursts")
"""The findings that have a section and a chart of their own, if they hold an answer that weighs something."""
WEIGHTY = 0.3
"""Ages known to the second only never weigh more; they need no chart."""
_GROUPS = {
    Outcome.SUPPORTS: "May have played a part",
    Outcome.NEUTRAL: "Noted, without weight",
    Outcome.CONTRADICTS: "Unlikely to have played a part",
}


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with its figures, tables and lines."""

    id: str
    anchor: str
    title: str
    outcome: str
    outcome_words: str
    strength: float
    summary: str
    facts: tuple[Fact, ...]
    notes: tuple[Fact, ...]
    tables: tuple[Table, ...]
    lines: tuple[Cited, ...]
    more_lines: int
    ages: tuple[AgeChart, AgeChart] | None = None
    series: Pair | None = None

    @property
    def detailed(self) -> bool:
        """Whether there is more to tell than the summary."""
        return bool(self.facts or self.notes or self.tables or self.lines)


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings that say the same of the failure, the strongest first; ``outcome`` names their colour."""

    title: str
    outcome: str
    findings: tuple[FindingView, ...]


def finding_view(
    finding: Finding, anchors: Anchors, limits: Limits, prefix: str = "", incident: Incident | None = None
) -> FindingView:
    """A finding of ``incident``, or an observation if there is none."""
    drawn = ("spread", "series") if incident else ("series",)
    answered = finding.outcome is not Outcome.NOT_APPLICABLE
    figures = data_facts(finding.data, drawn)[: 2 * limits.rows] if answered else []
    return FindingView(
        id=finding.id,
        anchor=f"{prefix}finding-{_slug(finding.id)}",
        title=finding.title,
        outcome=finding.outcome.value,
        outcome_words=wording.OUTCOMES[finding.outcome],
        strength=min(max(finding.strength, 0.0), 1.0),
        summary=finding.summary,
        facts=tuple(fact for fact in figures if len(fact.value) <= LONG),
        notes=tuple(fact for fact in figures if len(fact.value) > LONG),
        tables=tuple(data_tables(finding.data, limits.rows, drawn)[: limits.tables]) if answered else (),
        lines=anchors.cite(finding.evidence, limits.evidence),
        more_lines=max(len(finding.evidence) - limits.evidence, 0),
        ages=age_charts(finding.data.get("spread")) if incident else None,
        series=tls_error_charts(finding, incident) if incident else None,
    )


def has_section(finding: FindingView) -> bool:
    """Whether the finding is told in a section with a chart, not among the others."""
    answered = finding.outcome in (Outcome.SUPPORTS, Outcome.CONTRADICTS)
    return finding.id in DRAWN and answered and finding.strength > WEIGHTY


def grouped(findings: Iterable[FindingView]) -> list[FindingGroup]:
    """The answered findings by what they say, strongest first; those without an answer are no part of it."""
    listed = sorted(findings, key=lambda finding: -finding.strength)
    groups = [
        FindingGroup(title, outcome.value, tuple(finding for finding in listed if finding.outcome == outcome))
        for outcome, title in _GROUPS.items()
    ]
    return [group for group in groups if group.findings]


def unanswered(findings: Iterable[FindingView]) -> list[FindingView]:
    """The questions that the input could not answer; their summaries say what is missing."""
    return [finding for finding in findings if finding.outcome == Outcome.NOT_APPLICABLE]


def _slug(text: str) -> str:
    """``text`` as part of an anchor: findings' ids are ours, but an anchor must hold nothing else in any case."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in text)[:60]

"""Where an evidence line can be looked up in the HTML report: in a raw report, else in a list of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import field

from triage.model import Analysis, Event, Evidence, Finding, Incident, Reason
from triage.records import dataclass
from triage.render import wording


@dataclass(frozen=True, slots=True)
class Cited:
    """An evidence line with the name of its place and the anchor that holds it."""

    text: str
    place: str
    anchor: str


@dataclass(frozen=True, slots=True)
class CitedEvent:
    """An event of the timeline with its moment and kind in words and the line that tells of it."""

    when: str
    kind: str
    line: Cited


@dataclass(slots=True)
class Anchors:
    """Hands out anchors; lines that no raw report shows are collected in ``others``, in the order of asking."""

    name_inputs: bool
    raw: dict[tuple[str, int], str] = field(default_factory=dict)
    others: dict[Evidence, str] = field(default_factory=dict)

    def add_raw(self, input_name: str, lines: Iterable[int], prefix: str) -> None:
        """Note which ``lines`` a raw report shows under anchors with ``prefix``; the first one to do so wins."""
        for line in lines:
            self.raw.setdefault((input_name, line), f"{prefix}{line}")

    def cite(self, evidence: Iterable[Evidence], limit: int) -> tuple[Cited, ...]:
        """At most ``limit`` lines with their anchors."""
        return tuple(self._cited(item) for item in tuple(evidence)[:limit])

    def cite_events(self, events: Sequence[Event], limit: int) -> list[CitedEvent]:
        """The last ``limit`` events."""
        return [
            CitedEvent(wording.clock(event.time), wording.EVENTS[event.kind], self._cited(event.evidence))
            for event in events[-limit:]
        ]

    def of_line(self, input_name: str | None, line: str) -> str | None:
        """The anchor of a line that a raw report shows."""
        if input_name is None or not line.isdecimal():
            return None
        return self.raw.get((input_name, int(line)))

    def place(self, item: Evidence) -> str:
        """``line 16,030``, with the input's name if the case has several."""
        if item.line is not None:
            where = f"line {item.line:,}"
        else:
            where = "" if item.offset is None else f"offset {item.offset}"
        return f"{item.input} {where}".strip() if self.name_inputs or not where else where

    def _cited(self, item: Evidence) -> Cited:
        anchor = self.raw.get((item.input, item.line)) if item.line is not None else None
        return Cited(item.text, self.place(item), anchor or self.others.setdefault(item, f"E{len(self.others) + 1}"))


def cited_lines(analysis: Analysis) -> set[tuple[str, int]]:
    """Every (input, line) that anything in the analysis rests on."""
    found = [item for incident in analysis.incidents for item in _rests_on(incident)]
    found += _of_findings(analysis.observations)
    found += [event.evidence for event in analysis.timeline.events] if analysis.timeline else []
    return {(item.input, item.line) for item in found if item.line is not None}


def _rests_on(incident: Incident) -> list[Evidence]:
    verdict = incident.verdict
    reasons: Sequence[Reason] = (*verdict.for_, *verdict.against)
    return [
        *incident.evidence,
        *_of_findings(incident.findings),
        *(item for reason in reasons for item in reason.evidence),
    ]


def _of_findings(findings: Iterable[Finding]) -> list[Evidence]:
    return [item for finding in findings for item in finding.evidence]

"""Says where the lines of a rotated or reversed log stand: in which part, and where there."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from triage.model import Event, Evidence, Finding, Incident
from triage.records import dataclass

T = TypeVar("T")
Place = Callable[[int], tuple[str, int]]
"""The input and the line there, for a line of the whole log."""

_LOG_LINES = {
    "RawLine": ("line",),
    "Client": ("line",),
    "Code": ("line",),
    "CodeDump": ("line",),
    "Frame": ("log_line",),
    "Report": ("first_line", "last_line"),
}
"""The fields of the model, besides evidence, that number lines of the log (a frame's ``line`` is the source's)."""


def place_finding(finding: Finding, place: Place) -> Finding:
    """The finding with its evidence where it stands."""
    first = next((evidence.line for evidence in finding.evidence if evidence.line is not None), 1)
    return _Placing(place, first).placed(finding)


def place_event(event: Event, place: Place) -> Event:
    """The event with its evidence where it stands."""
    return _Placing(place, event.evidence.line or 1).placed(event)


def place_incident(incident: Incident, place: Place) -> Incident:
    """The incident with its evidence where it stands.

    The report itself may go on in the next part: its lines are numbered on from the part in which it begins.
    """
    first = incident.report.first_line if incident.report is not None else None
    if first is None:
        first = next((evidence.line for evidence in incident.evidence if evidence.line is not None), 1)
    return replace(_Placing(place, first).placed(incident), input=place(first)[0])


@dataclass(slots=True)
class _Placing:
    """One value on its way; ``first`` is the line of the whole log at which it begins."""

    place: Place
    first: int

    def placed(self, value: T) -> T:
        """``value`` with all lines inside it placed."""
        if isinstance(value, Evidence):
            return self._evidence(value)  # type: ignore[return-value]
        if isinstance(value, tuple | list):
            return type(value)(self.placed(item) for item in value)
        if isinstance(value, dict):
            # The data of a finding: the numbers of lines are called so.
            return {key: self._here(item) if key == "line" else self.placed(item) for key, item in value.items()}  # type: ignore[return-value]
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **self._changes(value))
        return value

    def _evidence(self, evidence: Evidence) -> Evidence:
        if evidence.line is None:
            return evidence
        name, line = self.place(evidence.line)
        return replace(evidence, input=name, line=line)

    def _changes(self, value: object) -> dict[str, Any]:
        numbered = _LOG_LINES.get(type(value).__name__, ())
        found = {name: self._here(getattr(value, name)) for name in numbered}
        for field in fields(value):  # type: ignore[arg-type]
            inner = getattr(value, field.name)
            if isinstance(inner, tuple | list | dict) or is_dataclass(inner):
                found[field.name] = self.placed(inner)
        return found

    def _here(self, line: object) -> object:
        if not isinstance(line, int):
            return line
        home, begin = self.place(self.first)
        name, number = self.place(line)
        return number if name == home else line - self.first + begin

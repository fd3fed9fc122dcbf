"""Says where the lines of a rotated log stand: in which of its parts, and where there."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from triage.model import Evidence, Finding, Incident, RawLine

T = TypeVar("T")
Place = Callable[[int], tuple[str, int]]
"""The input and the line there, for a line of the whole log."""


def place_finding(finding: Finding, place: Place) -> Finding:
    """The finding with its evidence where it stands."""
    return _placed(finding, place)


def place_incident(incident: Incident, place: Place) -> Incident:
    """The incident with its evidence where it stands.

    The report itself may go on in the next part: its lines are numbered on from the part in which it begins.
    """
    first = _first_line(incident)
    if first is None:
        return _placed(incident, place)
    name, line = place(first)
    back = first - line
    raw = tuple(RawLine(raw.line - back, raw.text) for raw in incident.raw)
    report = incident.report and replace(
        incident.report,
        first_line=_minus(incident.report.first_line, back),
        last_line=_minus(incident.report.last_line, back),
    )
    return replace(_placed(replace(incident, raw=()), place), input=name, raw=raw, report=report)


def _first_line(incident: Incident) -> int | None:
    if incident.report is not None and incident.report.first_line is not None:
        return incident.report.first_line
    return next((evidence.line for evidence in incident.evidence if evidence.line is not None), None)


def _minus(line: int | None, back: int) -> int | None:
    return None if line is None else line - back


def _placed(value: T, place: Place) -> T:
    """``value`` with all evidence inside it placed."""
    if isinstance(value, Evidence):
        if value.line is None:
            return value
        name, line = place(value.line)
        return replace(value, input=name, line=line)
    if isinstance(value, tuple):
        return tuple(_placed(item, place) for item in value)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            f.name: _placed(old, place) for f in fields(value) if isinstance(old := getattr(value, f.name), tuple)
        }
        return replace(value, **changed)
    return value

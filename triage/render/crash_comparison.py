"""The comparison of two crashes for a terminal, and as JSON."""

import json
from collections.abc import Sequence

from triage.model import Incident
from triage.records import dataclass
from triage.render import headline
from triage.render.json import as_json, escape_active
from triage.render.terminal import Page
from triage.signature.comparison import Comparison, Likeness, Relation

SCHEMA = "triage-comparison/1"
_ANSWERS = {
    Likeness.SAME: "The same crash",
    Likeness.LIKELY: "Likely the same crash",
    Likeness.DIFFERENT: "Different crashes",
    Likeness.UNKNOWN: "Cannot tell whether they are the same",
}
_MARKS = {Relation.SAME: "=", Relation.DIFFERENT: "≠", Relation.UNKNOWN: "?"}
_LABEL_WIDTH = 14
MOST_FUNCTIONS = 12
"""Functions that a line of the text names; JSON holds all."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two crashes: the ``number`` (from 1) of ``count`` incidents that its input holds."""

    input: str
    number: int
    count: int
    incident: Incident


def comparison_text(comparison: Comparison, a: Side, b: Side, width: int = 100, color: bool = False) -> str:
    """Plain lines of at most ``width`` columns: the answer, why, fact by fact, then the functions of the stacks."""
    page = Page(max(width, 40), color)
    page.text(f"{_ANSWERS[comparison.likeness]}: {comparison.reason}", style="bold")
    for name, side in (("A", a), ("B", b)):
        which = f" (incident {side.number} of {side.count})" if side.count > 1 else ""
        page.pair(name, f"{side.input}{which}: {headline.title(side.incident)}", _LABEL_WIDTH)
    page.heading("Fact by fact")
    for point in comparison.points:
        page.pair(f"{_MARKS[point.relation]} {point.subject}", point.text, _LABEL_WIDTH)
    if comparison.similarity is not None:
        page.heading("Functions, innermost first")
        for label, names in (
            ("in both", comparison.common),
            ("only in A", comparison.only_a),
            ("only in B", comparison.only_b),
            ("rare", comparison.deciding),
        ):
            page.pair(label, _listed(names), _LABEL_WIDTH)
    return str(page)


def comparison_json(comparison: Comparison, a: Side, b: Side) -> str:
    """One JSON object ``triage-comparison/1`` with two-space indent and a final newline."""
    sides = {name: _side(side) for name, side in (("a", a), ("b", b))}
    facts = as_json(comparison)
    document = {"schema": SCHEMA, **sides, **(facts if isinstance(facts, dict) else {})}
    return escape_active(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def _side(side: Side) -> dict[str, object]:
    return {
        "input": side.input,
        "incident": side.number,
        "incidents": side.count,
        "kind": str(side.incident.kind),
        "server": as_json(side.incident.server),
    }


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - MOST_FUNCTIONS
    told = " < ".join(names[:MOST_FUNCTIONS]) or "none"
    return f"{told} … and {rest} more" if rest > 0 else told

"""The HTML report: one file without scripts, that asks for nothing and stays under half a megabyte."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from triage.model import Analysis, Incident
from triage.render import headline, links, wording
from triage.render.alike import Told, alike, told_in_full
from triage.render.anchors import Anchors, cited_lines
from triage.render.chart_layout import HALF, WIDE
from triage.render.findings import finding_view
from triage.render.incident_page import anchor_prefix, incident_view
from triage.render.limits import MOST_BYTES, STEPS, Limits
from triage.render.raw_report import RawBlock, raw_blocks
from triage.render.templates import environment
from triage.render.terms import find_term
from triage.render.time_charts import Pair, close_up_charts, timeline_charts, worth_a_close_up
from triage.render.visible import prose, shown
from triage.resources import resource_dir


def to_html(analysis: Analysis) -> str:
    """The whole report as one HTML document of less than ``MOST_BYTES`` bytes in UTF-8."""
    page = ""
    for limits in STEPS:
        page = _page(analysis, limits)
        if len(page.encode()) < MOST_BYTES:
            break
    return page


def _page(analysis: Analysis, limits: Limits) -> str:
    groups = alike(analysis.incidents)
    shown = told_in_full(groups, limits.incidents)
    anchors = Anchors(name_inputs=len(analysis.inputs) > 1)
    cited = cited_lines(analysis)
    raws = _raw_reports(shown, cited, anchors, limits)
    alone = len(analysis.incidents) == 1
    close_ups = [_close_up(analysis, told.incident, HALF if alone else WIDE) for told in shown]
    incidents = [
        incident_view(told, raw, _own(cited, told.incident), near, anchors, limits)
        for told, raw, near in zip(shown, raws, close_ups, strict=True)
    ]
    side_by_side = alone and close_ups[0] is not None
    events = analysis.timeline.events if analysis.timeline else ()
    cited_events = anchors.cite_events(events, limits.rows)
    observations = [
        finding_view(finding, anchors, limits, f"o{number}-")
        for number, finding in enumerate(analysis.observations[: limits.observations], start=1)
    ]
    style = (resource_dir("reports") / "report.css").read_text(encoding="utf-8")
    return _environment(limits.text).get_template("report.html.j2").render(
        analysis=analysis,
        limits=limits,
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        incidents=incidents,
        groups=groups[: limits.index],
        more_groups=max(len(groups) - limits.index, 0),
        told=frozenset(told.number for told in shown),
        observations=observations,
        others=list(anchors.others.items()),
        anchors=anchors,
        timeline=timeline_charts(analysis, HALF if side_by_side else WIDE),
        events=cited_events,
        more_events=max(len(events) - limits.rows, 0),
    )  # fmt: skip


def _close_up(analysis: Analysis, incident: Incident, width: int) -> Pair | None:
    return close_up_charts(incident, width) if worth_a_close_up(analysis.timeline) else None


def _raw_reports(
    shown: Sequence[Told], cited: set[tuple[str, int]], anchors: Anchors, limits: Limits
) -> list[list[RawBlock]]:
    """Each incident's raw lines within its share of the budget; what short ones leave over goes to the later ones."""
    reports = []
    budget = limits.raw_bytes
    for at, told in enumerate(shown):
        incident = told.incident
        share = budget // (len(shown) - at)
        blocks, spent = raw_blocks(incident.raw, _own(cited, incident), share, limits)
        budget -= spent
        if incident.input is not None:
            numbers = (line.line for block in blocks for line in block.lines)
            anchors.add_raw(incident.input, numbers, f"{anchor_prefix(told.number)}L")
        reports.append(blocks)
    return reports


def _own(cited: set[tuple[str, int]], incident: Incident) -> frozenset[int]:
    return frozenset(line for name, line in cited if name == incident.input)


@cache
def _environment(text_limit: int) -> Environment:
    """Templates in which every value is escaped, shows its control characters and is cut at ``text_limit``."""

    def finalize(value: object) -> object:
        if isinstance(value, str) and not isinstance(value, Markup):
            return shown(value, text_limit)
        return value

    made = environment(finalize)
    made.globals.update(wording=wording, headline=headline, links=links)
    made.filters.update(one_line=prose, sentence=wording.sentence)
    made.globals.update(find_term=find_term)
    return made

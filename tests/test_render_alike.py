"""A crash loop is told once; failures that differ are told each."""

from dataclasses import replace

import pytest
from render_case import FLAGSHIP, INCIDENT

from triage.model import Analysis, Incident, Instant, Kind
from triage.render import render
from triage.render.alike import alike, left_out, told_in_full

PANIC = replace(INCIDENT, kind=Kind.PANIC, message="x", signature=replace(INCIDENT.signature, family="panic:x"))
UNSIGNED = replace(INCIDENT, signature=replace(INCIDENT.signature, family=None, strict=None))


def at(incident: Incident, minute: int) -> Incident:
    return replace(incident, time=Instant(INCIDENT.time.wall_ms + minute * 60_000, 0), pid=minute)


LOOP = [at(INCIDENT, minute) for minute in range(400)]


def case(*incidents: Incident) -> Analysis:
    return replace(FLAGSHIP, incidents=incidents)


@pytest.mark.parametrize(
    ("incidents", "numbers"),
    [
        ([INCIDENT], [1]),
        ([INCIDENT, INCIDENT], [1, 2]),
        ([INCIDENT, INCIDENT, INCIDENT], [1, 3]),
        ([INCIDENT, PANIC, INCIDENT, PANIC, PANIC], [1, 2, 3, 5]),
        ([UNSIGNED, UNSIGNED, UNSIGNED], [1, 2, 3]),
        ([INCIDENT, replace(INCIDENT, server=replace(INCIDENT.server, version="8.1.1"))], [1, 2]),
        (LOOP, [1, 400]),
    ],
)
def test_of_failures_alike_the_first_and_the_last_are_told(incidents: list[Incident], numbers: list[int]) -> None:
    groups = alike(incidents)
    assert [told.number for told in told_in_full(groups, 20)] == numbers
    assert sum(len(group.members) for group in groups) == len(incidents)


def test_where_there_is_no_room_every_kind_is_still_told() -> None:
    groups = alike([INCIDENT, INCIDENT, PANIC, PANIC])
    told = told_in_full(groups, 2)
    assert [entry.number for entry in told] == [1, 3]
    assert left_out(groups, told) == 0
    assert left_out(groups, told_in_full(groups, 1)) == 2


@pytest.mark.parametrize("format", ["html", "markdown", "jira", "text", "postmortem"])
def test_every_output_says_how_many_the_told_ones_stand_for(format: str) -> None:
    page = " ".join(render(case(*LOOP), format).replace("\\", "").split())
    assert "The first of 400 failures alike, 22 Nov 2026, 11:28:28.362 UTC – 22 Nov 2026, 18:07:28.362 UTC." in page
    assert "The last of 400 failures alike" in page


def test_the_index_of_a_crash_loop_has_one_entry() -> None:
    page = render(case(*LOOP), "html")
    index = page.partition('<ol class="card index">')[2].partition("</ol>")[0]
    assert index.count("pill known") == 1
    assert "<strong>400 times</strong>" in index
    assert 'href="#incident-1"' in index
    assert 'href="#incident-400"' in index


def test_follow_ups_are_asked_for_once() -> None:
    page = render(case(*LOOP), "postmortem")
    steps = [line for line in page.splitlines() if line.startswith("- [ ]")]
    assert len(steps) == len(set(steps))

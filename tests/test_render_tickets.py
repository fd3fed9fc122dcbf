"""Jira, the GitHub issue and the postmortem: filled in from the evidence, ready to paste, harmless."""

import re
from dataclasses import replace

import pytest
from hostile import TEXTS, poisoned
from markdown_it import MarkdownIt
from render_case import CALM, FLAGSHIP, INCIDENT

from triage.model import Instant, RawLine
from triage.render import render
from triage.render.jira import escaped
from triage.render.postmortem import in_utc

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
GITHUB_LIMIT = 65_536
NOFORMAT = re.compile(r"^\{noformat\}$.*?^\{noformat\}$", re.DOTALL | re.MULTILINE)
ACTIVE_JIRA = re.compile(r"(?<!\\)(?:\{\w|!\w|\[\S)|(?<![\w|])https?://|@\w")


@pytest.mark.parametrize(
    "fact",
    [
        "# [CRASH] Assertion failed at tls.c:603, Valkey 8.1.0",
        "If a Valkey module was involved",
        "**Crash report**",
        "=== VALKEY BUG REPORT START: Cut & paste starting from here ===",
        "**Additional information**",
        "1. OS distribution and version: Linux 6.18.44-generic",
        "2. Steps to reproduce (if any): *to fill in*",
    ],
)
def test_the_issue_template_is_filled_in(fact: str) -> None:
    assert fact in render(FLAGSHIP, "github-issue")


def test_the_issue_fits_into_githubs_limit() -> None:
    raw = tuple(RawLine(number, "x" * 5000) for number in range(1, 5000))
    issue = render(replace(FLAGSHIP, incidents=(replace(INCIDENT, raw=raw),)), "github-issue")
    assert len(issue) < GITHUB_LIMIT
    assert "lines left out" in issue


@pytest.mark.parametrize(
    "fact",
    [
        "# Postmortem: Assertion failed at tls.c:603",
        "- Connections that were lost: 72",
        "- Replicas that lost their primary: 1",
        "| 22 Nov 2026, 11:28:28.362 | The server (pid 16773) failed. |",
        "| 22 Nov 2026, 11:28:10.000 | A burst of TLS errors begins: 410 errors. |",
        "Fixed in 8.1.1",
        "- [ ] Upgrade from 8.1.0",
        "**[to fill in: when]**",
    ],
)
def test_the_postmortem_is_filled_in_and_its_blanks_are_marked(fact: str) -> None:
    assert fact in render(FLAGSHIP, "postmortem")


def test_the_postmortem_tells_its_timeline_in_utc_if_the_zone_is_known() -> None:
    moment = Instant(INCIDENT.time.wall_ms, 120)
    told = render(replace(FLAGSHIP, incidents=(replace(INCIDENT, time=moment),)), "postmortem")
    assert "All times in UTC." in told
    assert "| 22 Nov 2026, 09:28:28.362 UTC | The server (pid 16773) failed. |" in told
    assert in_utc(moment) == Instant(INCIDENT.time.wall_ms - 7_200_000, 0)


@pytest.mark.parametrize("name", ["jira", "github-issue", "postmortem"])
def test_a_calm_log_is_told_calmly(name: str) -> None:
    assert "no crash" in render(CALM, name).lower()


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize("format", ["github-issue", "postmortem"])
def test_hostile_text_acts_nowhere_in_markdown(name: str, format: str) -> None:
    page = render(poisoned(FLAGSHIP, lambda _: TEXTS[name]), format)
    tokens = [token for outer in PARSER.parse(page) for token in (outer, *(outer.children or ()))]
    assert not [token for token in tokens if token.type in ("html_inline", "html_block", "image", "link_open", "hr")]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_hostile_text_acts_nowhere_in_jira(name: str) -> None:
    page = render(poisoned(FLAGSHIP, lambda _: TEXTS[name]), "jira")
    assert page.count("{noformat}") == 2 * len(NOFORMAT.findall(page))
    assert not ACTIVE_JIRA.findall(NOFORMAT.sub("", page))
    harmless = NOFORMAT.sub("", render(poisoned(FLAGSHIP, lambda _: "x"), "jira"))
    assert re.findall(r"^(?:h\d\.|bq\.|\*+ |# |\|\|)", NOFORMAT.sub("", page), re.MULTILINE) == re.findall(
        r"^(?:h\d\.|bq\.|\*+ |# |\|\|)", harmless, re.MULTILINE
    )


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("io-threads", "io-threads"),
        ("a - b", "a \\- b"),
        ("{code}", "\\{code\\}"),
        ("[x|http://e]", "\\[x\\|http&#58;//e\\]"),
        ("h1. owned", "h1&#46; owned"),
        ("@team", "&#64;team"),
        ("PROJ-17 UTF-8 io-4", "PROJ&#45;17 UTF&#45;8 io-4"),
        ("(x) :)", "\\(x) :\\)"),
    ],
)
def test_jira_prose_is_escaped(text: str, markup: str) -> None:
    assert escaped(text) == markup

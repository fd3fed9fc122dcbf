"""Terminal text: the verdict first, within the width, plain unless asked, harmless always."""

import re
from dataclasses import replace

import pytest
from hostile import TEXTS, poisoned
from render_case import CALM, FAILED, FLAGSHIP, INCIDENT

from triage.model import Instant
from triage.render import render

OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;(?:https://[\w./-]+)?\x1b\\")
ACTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def test_the_verdict_comes_first() -> None:
    lines = render(FLAGSHIP, "text").splitlines()
    assert lines[0] == "Assertion failed at tls.c:603"
    assert lines[4] == "Known issue: valkey-io/valkey#1883 (confidence 96 %)"


@pytest.mark.parametrize(
    "fact",
    [
        "  Fixed in      8.1.1 (pull request valkey-io/valkey#1955)",
        "  1. Upgrade from 8.1.0 to 8.1.1 or later",
        "  Server        Valkey 8.1.0",
        "  + Failed expression: ",
        "    16032 | 16773:M 22 Nov 2026 11:28:28.362 # ==> tls.c:603 '0' is not true",
        "  - Architecture: x86_64",
        "  ? Stack: ",
        "  #2  processIOThreadsReadDone+0xf4  valkey-server  <- likely culprit",
        "      coredumpctl dump 16773 -o valkey.core",
    ],
)
def test_the_text_tells(fact: str) -> None:
    assert fact in render(FLAGSHIP, "text")


@pytest.mark.parametrize("width", [40, 80, 100, 160])
@pytest.mark.parametrize("analysis", [FLAGSHIP, CALM], ids=["flagship", "calm"])
def test_no_line_is_wider_than_the_terminal(width: int, analysis) -> None:
    assert max(map(len, render(analysis, "text", width=width).splitlines())) <= width


def test_plain_text_has_no_escape_sequences_and_colour_adds_nothing_else() -> None:
    plain, coloured = render(FLAGSHIP, "text"), render(FLAGSHIP, "text", color=True)
    assert "\x1b" not in plain
    assert OURS.search(coloured)
    assert OURS.sub("", coloured) == plain


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize("color", [False, True], ids=["plain", "coloured"])
def test_hostile_text_reaches_no_terminal(name: str, color: bool) -> None:
    out = render(poisoned(FLAGSHIP, lambda _: TEXTS[name]), "text", color=color)
    assert not ACTIVE.search(OURS.sub("", out) if color else out)
    out.encode()


def test_a_calm_log_is_told_calmly() -> None:
    assert render(CALM, "text").startswith("No crash in this log\nAll 16,518 lines were read;")


def test_several_incidents_are_numbered() -> None:
    second = replace(INCIDENT, time=Instant(FAILED.wall_ms + 1000))
    out = render(replace(FLAGSHIP, incidents=(INCIDENT, second)), "text")
    assert out.startswith("2 incidents\n")
    assert "\n1. Assertion failed" in out
    assert "\n2. Assertion failed" in out


def test_the_issue_is_a_link_where_the_terminal_has_them() -> None:
    shown = render(FLAGSHIP, "text", color=True)
    assert "\x1b]8;;https://github.com/valkey-io/valkey/issues/1883\x1b\\valkey-io/valkey#1883\x1b]8;;\x1b\\" in shown

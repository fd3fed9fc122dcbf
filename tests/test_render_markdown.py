"""Markdown for tickets: complete, and nothing of the log acts in it."""

from dataclasses import replace

import pytest
from hostile import TEXTS, poisoned
from markdown_it import MarkdownIt
from markdown_it.token import Token
from render_case import CALM, FLAGSHIP, INCIDENT

from triage.model import Frame, Thread
from triage.render import render
from triage.render.markdown import block, code, escaped, linked, prose

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(markdown: str) -> list[Token]:
    """All tokens, those inside paragraphs too."""
    return [token for outer in PARSER.parse(markdown) for token in (outer, *(outer.children or ()))]


def shown(markdown: str) -> str:
    """The text that a reader sees of one paragraph."""
    return "".join(
        token.content for token in tokens(markdown) if token.type in ("text", "code_inline", "text_special")
    )


@pytest.mark.parametrize(
    "fact",
    [
        "## Assertion failed at tls.c:603",
        "**Known issue**: [valkey-io/valkey\\#1883](https://github.com/valkey-io/valkey/issues/1883) (confidence 96",
        "| Server | Valkey 8.1.0 |",
        "| Fixed in | 8.1.1 by [valkey-io/valkey\\#1955]",
        "1. Upgrade from 8.1.0 to 8.1.1",
        "- line 16032: `16773:M 22 Nov 2026 11:28:28.362 # ==> tls.c:603 '0' is not true`",
        "#2  processIOThreadsReadDone+0xf4  valkey-server   <-- likely culprit",
        "### Evidence against it",
        "### Could not be checked",
        "- `coredumpctl dump 16773 -o valkey.core`",
    ],
)
def test_the_ticket_tells(fact: str) -> None:
    assert fact in render(FLAGSHIP, "markdown")


def test_a_calm_log_makes_a_calm_ticket() -> None:
    assert render(CALM, "markdown").startswith("## No crash in this log\n")


def test_the_structure_is_what_is_meant() -> None:
    kinds = [token.type for token in tokens(render(FLAGSHIP, "markdown"))]
    assert kinds.count("table_open") == 1
    assert kinds.count("fence") == 1
    assert kinds.count("heading_open") == 10


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize("analysis", [FLAGSHIP, CALM], ids=["flagship", "calm"])
def test_hostile_text_in_every_field_acts_nowhere(name: str, analysis) -> None:
    text = TEXTS[name]
    hostile = tokens(render(poisoned(analysis, lambda _: text), "markdown"))
    assert not [token for token in hostile if token.type in ("html_inline", "html_block", "image", "link_open", "hr")]
    harmless = tokens(render(poisoned(analysis, lambda _: "x"), "markdown"))
    wanted = [token.type for token in harmless if token.block and token.level < 2]
    assert [token.type for token in hostile if token.block and token.level < 2] == wanted


@pytest.mark.parametrize(
    "text", [*TEXTS.values(), "1. one", "- x", "+ x", "= =", "a_b_c", "100 % | 5 < 6", "x: y", "#5"]
)
def test_escaped_prose_reads_as_it_was(text: str) -> None:
    plain = " ".join(text.split())
    if plain.isprintable() and len(plain) < 2000:
        assert shown(f"- {escaped(plain)}") == plain


@pytest.mark.parametrize("text", ["plain", "a `tick`", "``", "`", " padded ", "ends with `", "```` four"])
def test_code_spans_show_the_line(text: str) -> None:
    spans = [token.content for token in tokens(f"- {code(text)}") if token.type == "code_inline"]
    assert [span.strip() for span in spans] == [text.strip()]


def test_the_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    fenced = block(["```", "````` five", "</pre>"])
    assert fenced.startswith("``````text\n")
    assert [token.type for token in tokens(fenced)] == ["fence"]


def test_a_function_name_cannot_leave_the_stack() -> None:
    frames = (Frame(0, "```\n# owned\n<script>"), Frame(1, "main"))
    incident = replace(INCIDENT, threads=(Thread(1, "main", True, frames),))
    parsed = tokens(render(replace(FLAGSHIP, incidents=(incident,)), "markdown"))
    assert [token.content.count("owned") for token in parsed if token.type == "fence"] == [1]
    assert not [token for token in parsed if token.type == "html_block"]


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "http://evil.example", "https://x y", "a/b#c", "https://a)b", None]
)
def test_only_sure_addresses_become_links(text: str | None) -> None:
    assert "](" not in linked(text)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("@everyone, see https://evil.example.", "`@everyone`, see `https://evil.example`."),
        ("www.evil.example (user@evil.example)", "`www.evil.example` (`user@evil.example`)"),
        ("valkey-io/valkey#1 #2 GH-3 !4 ~bug", "`valkey-io/valkey#1` `#2` `GH-3` `!4` `~bug`"),
        (":octocat: deadbeef01", "`:octocat:` `deadbeef01`"),
        ("[vulnerability:1]", "`[vulnerability:1]`"),
        ("@a`@b|@c", "`@a`\\``@b`\\|`@c`"),
        ("100 % of 5 != 6", "100 % of 5 \\!= 6"),
    ],
)
def test_mentions_references_and_addresses_stand_in_code(text: str, markup: str) -> None:
    assert escaped(text) == markup


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("`CONFIG SET x` records it", "`CONFIG SET x` records it"),
        ("a ` alone", "a \\` alone"),
        ("`[x](https://e)` <b>", "`[x](https://e)` \\<b\\>"),
        ("`a|b`", "\\`a\\|b\\`"),
    ],
)
def test_backticks_of_our_sentences_are_code(text: str, markup: str) -> None:
    assert prose(text) == markup

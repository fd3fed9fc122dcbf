"""Generated hostile text in every field that a log or a core can fill: nothing of it acts in any format."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import cmarkgfm
import pytest
from hostile import poisoned
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from render_case import FLAGSHIP

from triage.model import Analysis, Incident
from triage.redact import redact
from triage.render import render

FRAGMENTS = (
    "<script>", "</style>", "<img src=x onerror=alert(1)>", "<a href='https://evil.example'>", "<!--", "-->",
    "<![CDATA[",
    "\"'>", "&lt;", "&#60;b&#62;", "javascript:alert(1)", "https://evil.example/x", "www.evil.example", "{{ 7*7 }}",
    "{% raw %}",
    "\x1b[31m", "\x1b]8;;https://evil.example\x1b\\", "\x1b]0;t\x07", "\x9b2J", "\x00", "\x7f", "\u202e", "\u2028",
    "\ud800",
    "```", "`", "~~~", "[x](https://evil.example)", "![i](https://evil.example/i.png)", "<https://evil.example>",
    "| a |", "\n\n# h",
    "\n- x", "\n---\n", "\n===\n", "\n    code", "\n> q", "@everyone", "#1", "{code}", "{noformat}",
    "{color:red}", "!i.png!",
    "user@evil.example", "valkey-io/valkey#1", "GH-1", "PROJ-1", "!1", ":octocat:", "0123456789abcdef", "~bug",
    "[x|https://evil.example]", "[~user]", "\nh1. owned", "\n|| a ||", "(x)", "----", "\\", "%s", "{0}", "\t", "\r\n",
)  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), min_size=1, max_size=6).map("".join)
OURS = re.compile(r"\x1b\[[0-9;]*m")
ACTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
NOFORMAT = re.compile(r"^\{noformat\}$.*?^\{noformat\}$", re.DOTALL | re.MULTILINE)
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
REFERENCES = re.compile(r"@\w|\w@|://|www\.|#\d|![1-9]|~\w|\bGH-\d|\b[A-Z]{2,}-\d|:octocat:|\b[0-9a-f]{7,40}\b")
"""What GitHub and GitLab look for in the finished text, outside code and links."""
EXAMPLES = settings(max_examples=25, deadline=None)


def filled_with(text: str) -> Analysis:
    """An analysis with ``text`` for every text, but without the links that knowledge files mean to give."""
    analysis = poisoned(FLAGSHIP, lambda _: text)
    return replace(analysis, incidents=tuple(map(without_links, analysis.incidents)))


def without_links(incident: Incident) -> Incident:
    candidates = tuple(replace(candidate, issue="none") for candidate in incident.verdict.candidates)
    verdict = replace(incident.verdict, issue=None, fix=None, references=(), aliases=(), candidates=candidates)
    return replace(incident, verdict=verdict)


class Prose(HTMLParser):
    """The text of a page outside code, and the elements around it."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.text = ""
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self._code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.text += "\x00" if self._code else data


class Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes, and every address and style in it."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[tuple[str, tuple[str, ...]]] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action", "style")}


def skeleton(page: str) -> Skeleton:
    found = Skeleton()
    found.feed(page)
    return found


@EXAMPLES
@given(HOSTILE)
def test_html_has_the_elements_and_addresses_that_the_templates_give_it(text: str) -> None:
    found = skeleton(render(filled_with(text), "html"))
    harmless = skeleton(render(FLAGSHIP, "html")).elements | skeleton(render(filled_with("x"), "html")).elements
    assert {tag for tag, _ in found.elements} <= {tag for tag, _ in harmless}
    assert {name for _, names in found.elements for name in names} <= {
        name for _, names in harmless for name in names
    }
    assert not [link for link in found.links if not link.startswith("#")]


@EXAMPLES
@given(HOSTILE)
@pytest.mark.parametrize("name", ["markdown", "github-issue", "postmortem"])
def test_markdown_makes_no_element_link_or_image(name: str, text: str) -> None:
    page = render(filled_with(text), name)
    tokens = [token for outer in MARKDOWN.parse(page) for token in (outer, *(outer.children or ()))]
    assert not [token for token in tokens if token.type in ("html_inline", "html_block", "image", "link_open", "hr")]
    assert not ACTIVE.search(page.replace("\t", ""))


@EXAMPLES
@given(HOSTILE)
@pytest.mark.parametrize("name", ["markdown", "github-issue", "postmortem"])
def test_githubs_own_renderer_makes_no_link_and_finds_no_reference(name: str, text: str) -> None:
    page = Prose()
    page.feed(cmarkgfm.github_flavored_markdown_to_html(render(filled_with(text), name)))
    assert not page.elements & {"a", "img", "script", "b", "i", "style"}
    assert not REFERENCES.search(page.text)


@EXAMPLES
@given(HOSTILE)
def test_jira_opens_no_macro_and_makes_no_link(text: str) -> None:
    page = render(filled_with(text), "jira")
    assert page.count("{noformat}") == 2 * len(NOFORMAT.findall(page))
    assert not re.findall(
        r"(?<!\\)(?:\{\w|!\w|\[\S|\|)(?<!\|\|)|https?://|@\w|(?<![\w-])[A-Z]{2,}-\d",
        re.sub(r"^\|\|.*$", "", NOFORMAT.sub("", page), flags=re.M),
    )


@EXAMPLES
@given(HOSTILE)
@pytest.mark.parametrize("name", ["text", "lines"])
def test_a_terminal_obeys_nothing(name: str, text: str) -> None:
    out = render(filled_with(text), name, color=True)
    shown = OURS.sub("", out)
    assert not ACTIVE.search(shown.replace("\t", "") if name == "lines" else shown)


@EXAMPLES
@given(HOSTILE)
@pytest.mark.parametrize("name", ["sarif", "json"])
def test_documents_stay_documents(name: str, text: str) -> None:
    out = render(filled_with(text), name)
    assert json.loads(out)
    assert not ACTIVE.search(out)


@EXAMPLES
@given(HOSTILE)
def test_redaction_takes_any_text(text: str) -> None:
    assert redact(filled_with(text)).analysis.incidents

"""The HTML report: complete, strict, small, and nothing of the log becomes markup."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hostile import TEXTS, poisoned, tamed
from render_case import CALM, FAILED, FLAGSHIP, INCIDENT, LOG, MissingSection, Problem

from triage.model import (
    Client,
    Evidence,
    Frame,
    Incident,
    Instant,
    Kind,
    Outcome,
    RawLine,
    Report,
    Status,
    Thread,
    Verdict,
)
from triage.pipeline import analyze
from triage.render import render
from triage.render.limits import MOST_BYTES

VOID = {"meta", "br", "rect", "path", "img", "link", "input"}


class Page(HTMLParser):
    """Every start tag with its attributes, and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_startendtag(self, tag, attrs) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data) -> None:
        self.text += data

    def skeleton(self) -> list[tuple[str, tuple[str, ...]]]:
        """Tags with the names of their attributes."""
        return [(tag, tuple(attributes)) for tag, attributes in self.tags]

    def values(self, name: str) -> list[str]:
        """All values of one attribute."""
        return [attributes[name] for _, attributes in self.tags if name in attributes]


REAL = analyze([str(LOG)])
TWO = replace(FLAGSHIP, incidents=(INCIDENT, replace(INCIDENT, time=Instant(FAILED.wall_ms + 1000))))
PAGES = {
    "flagship": FLAGSHIP,
    "real": REAL,
    "calm": CALM,
    "two incidents": TWO,
    "bare incident": replace(FLAGSHIP, incidents=(Incident(Kind.VANISHED),)),
    "nothing at all": replace(CALM, inputs=(), observations=(), timeline=None),
}


@pytest.fixture(scope="module", params=sorted(PAGES))
def page(request) -> Page:
    return Page(render(PAGES[request.param], "html"))


def words(html: str) -> str:
    return " ".join(Page(html).text.split())


@pytest.mark.parametrize(
    "fact",
    [
        "Assertion failed at tls.c:603",
        "Known issue",
        "valkey-io/valkey#1883",
        "8.1.1",
        "22 Nov 2026, 11:28:28.362",
        "Valkey 8.1.0",
        "cluster, primary",
        "3 min 31 s",
        "4 configured, active at the failure",
        "pid 16773",
        "x86_64",
        "processIOThreadsReadDone+0xf4",
        "likely culprit",
        "bio_close_file (tid 16774), bio_lazy_free (tid 16776), bio_aof (tid 16775)",
        "127.0.0.1:41816",
        "≤ 100 ms",
        "TLS errors per second: 3,761 errors",
        "coredumpctl",
        "assertion:tls.c:0",
    ],
)
def test_the_flagship_report_tells(fact: str) -> None:
    assert fact in words(render(REAL, "html"))


def test_the_raw_report_marks_the_lines_that_are_evidence() -> None:
    tags = Page(render(REAL, "html")).tags
    hits = [attributes["id"] for tag, attributes in tags if tag == "li" and attributes.get("class") == "hit"]
    assert {"L16030", "L16032", "L16027"} <= set(hits)


def test_a_calm_log_says_so_and_shows_its_observations() -> None:
    told = words(render(CALM, "html"))
    assert "No crash in this log" in told
    assert "1,566 TLS handshakes failed" in told
    assert "Known issue" not in told


def test_a_damaged_calm_log_does_not_claim_to_be_read_whole() -> None:
    damaged = replace(CALM.inputs[0], problems=(Problem("the file ends inside a frame"),))
    told = words(render(replace(CALM, inputs=(damaged,)), "html"))
    assert "not everything could be read" in told
    assert "the file ends inside a frame" in told


def test_two_incidents_have_an_index_and_anchors_of_their_own() -> None:
    parsed = Page(render(TWO, "html"))
    assert {"#incident-1", "#incident-2"} <= set(parsed.values("href"))
    assert {"L16032", "i2-L16032"} <= set(parsed.values("id"))


def test_every_link_inside_the_page_has_its_target(page: Page) -> None:
    targets = set(page.values("id"))
    assert {href[1:] for href in page.values("href") if href.startswith("#")} <= targets


def test_ids_are_unique_and_labels_exist(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {name for value in page.values("aria-labelledby") for name in value.split()} <= set(ids)


def test_headings_skip_no_level(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_nothing_is_loaded_run_or_styled_inline(page: Page) -> None:
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & {tag for tag, _ in page.tags}
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "action")}


def test_the_policy_allows_only_this_very_style() -> None:
    html = render(FLAGSHIP, "html")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(a["content"] for tag, a in Page(html).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_charts_have_a_title_and_a_description(page: Page) -> None:
    tags = [tag for tag, _ in page.tags]
    charts = [attributes for tag, attributes in page.tags if tag == "svg" and attributes.get("role") == "img"]
    assert tags.count("desc") == len(charts)
    assert all(len(chart["aria-labelledby"].split()) == 2 for chart in charts)


def test_the_same_analysis_gives_the_same_bytes() -> None:
    assert render(REAL, "html") == render(analyze([str(LOG)]), "html")


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize("case", ["flagship", "two incidents", "calm"])
def test_hostile_text_in_every_field_makes_no_markup(name: str, case: str) -> None:
    text = TEXTS[name]
    hostile = Page(render(poisoned(PAGES[case], lambda _: text), "html"))
    harmless = Page(render(poisoned(PAGES[case], lambda _: tamed(text)), "html"))
    assert hostile.skeleton() == harmless.skeleton()
    assert all(href.startswith("#") for href in hostile.values("href"))


@pytest.mark.parametrize("name", ["terminal", "bidi", "lines"])
def test_characters_that_act_are_written_out(name: str) -> None:
    html = render(poisoned(FLAGSHIP, lambda _: TEXTS[name]), "html")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800]", html)
    html.encode()


def test_escape_is_shown_as_its_picture() -> None:
    line = RawLine(16030, "name=\x1b[31mred")
    assert "name=␛[31mred" in words(render(replace(FLAGSHIP, incidents=(replace(INCIDENT, raw=(line,)),)), "html"))


def raw_of(count: int, text: str) -> tuple[RawLine, ...]:
    return tuple(RawLine(number, f"{number} {text}") for number in range(1, count + 1))


MANY_THREADS = tuple(
    Thread(n, f"io_thd_{n}", n == 0, tuple(Frame(i, f"function_{n}_{i}") for i in range(300))) for n in range(500)
)
LARGE = {
    "100,000 raw lines": {"raw": raw_of(100_000, "x" * 80)},
    "100,000 hostile raw lines": {"raw": raw_of(100_000, "<&\"'>\x1b\u202e" * 20)},
    "a line of 5 MB": {"raw": raw_of(3, "y" * 5_000_000)},
    "500 threads": {"threads": MANY_THREADS},
    "100,000 lines of evidence": {
        "evidence": tuple(Evidence("server.log.zst", f"line {n}", n) for n in range(1, 100_001)),
        "raw": raw_of(100_000, "z"),
    },
    "10,000 settings": {"config": {f"setting-{n}": "v" * 100 for n in range(10_000)}},
    "a huge client": {"current_client": Client({f"field{n}": "<" * 1000 for n in range(1000)})},
    "10,000 missing sections": {
        "report": Report(False, (), tuple(MissingSection(f"S{n}", "the log ends") for n in range(10_000)))
    },
    "much advice": {"verdict": Verdict(Status.UNKNOWN, advice=tuple("a" * 3000 for _ in range(3000)))},
}


@pytest.mark.parametrize("name", sorted(LARGE))
def test_the_report_stays_small_and_keeps_the_verdict(name: str) -> None:
    html = render(replace(FLAGSHIP, incidents=(replace(INCIDENT, **LARGE[name]),)), "html")
    assert len(html.encode()) < MOST_BYTES
    assert "Assertion failed at tls.c:603" in html


def test_a_thousand_incidents_stay_small() -> None:
    many = tuple(replace(INCIDENT, pid=number) for number in range(1000))
    html = render(replace(FLAGSHIP, incidents=many), "html")
    assert len(html.encode()) < MOST_BYTES
    assert "the JSON output holds all 1,000" in words(html)


@pytest.mark.parametrize("name", ["attribute", "terminal", "long", "bidi"])
def test_everything_large_and_hostile_at_once_stays_small(name: str) -> None:
    large = replace(
        INCIDENT, threads=MANY_THREADS[:60], config={f"k{n}": "v" for n in range(900)}, raw=raw_of(9000, "")
    )
    poison = TEXTS[name] * 40
    one = poisoned(replace(FLAGSHIP, incidents=(large,)), lambda _: poison)
    whole = replace(one, incidents=one.incidents * 50, observations=one.observations * 200, inputs=one.inputs * 300)
    assert len(render(whole, "html").encode()) < MOST_BYTES


def test_a_long_raw_report_keeps_head_tail_and_evidence_and_says_what_is_left_out() -> None:
    proof = (Evidence("server.log.zst", "50000 x", 50_000),)
    html = render(
        replace(FLAGSHIP, incidents=(replace(INCIDENT, evidence=proof, raw=raw_of(100_000, "x" * 80)),)), "html"
    )
    ids = set(Page(html).values("id"))
    assert {"L1", "L2", "L50000", "L49999", "L100000"} <= ids
    assert "lines left out to keep this file small" in words(html)


def test_a_question_without_an_answer_gets_no_chart() -> None:
    silent = replace(INCIDENT.findings[0], outcome=Outcome.NOT_APPLICABLE, strength=0.0)
    html = render(replace(FLAGSHIP, incidents=(replace(INCIDENT, findings=(silent,)),)), "html")
    assert "1 question that this input cannot answer" in words(html)
    assert 'class="ages' not in html

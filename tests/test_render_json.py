"""JSON: the contract's names and types, nothing absent, nothing that acts on a terminal."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from hostile import TEXTS, poisoned
from render_case import FAILED, FLAGSHIP, INCIDENT

from triage.model import Client, Hex, Instant, Kind, Outcome, Severity
from triage.render import render
from triage.render.json import as_json, to_json

DOCUMENT = json.loads(to_json(FLAGSHIP))


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Hex(0x55FF8D53420F), "0x55ff8d53420f"),
        (Hex(-1), "-0x1"),
        (Instant(1795346908362), "2026-11-22T11:28:28.362"),
        (Instant(1795346908362, 60), "2026-11-22T11:28:28.362+01:00"),
        (Kind.OUT_OF_MEMORY, "out-of-memory"),
        (Outcome.NOT_APPLICABLE, "not-applicable"),
        (("a", (1, True)), ["a", [1, True]]),
        ({"at": FAILED, "gone": None}, {"at": "2026-11-22T11:28:28.362"}),
        (Client({"id": 7, "flags": ("normal",)}, 12), {"id": 7, "flags": ["normal"], "line": 12}),
        (Client({"id": 7}), {"id": 7}),
        (Severity("high", (), "ReadAv"), {"level": "high", "reasons": [], "class": "ReadAv"}),
    ],
)
def test_values_become_plain(value, plain) -> None:
    assert as_json(value) == plain


def test_a_value_that_has_no_place_is_refused() -> None:
    with pytest.raises(TypeError, match="complex"):
        as_json({"x": 1j})


def test_the_document_starts_with_its_schema() -> None:
    assert list(DOCUMENT)[:3] == ["schema", "tool", "inputs"]
    assert DOCUMENT["schema"] == "triage-analysis/1"


def test_what_is_internal_or_unknown_is_not_there() -> None:
    incident = DOCUMENT["incidents"][0]
    assert "raw" not in incident
    assert "signal" not in incident
    assert "current_client" not in incident
    assert "null" not in re.findall(r"\bnull\b", to_json(FLAGSHIP))


def test_names_lose_their_trailing_underscore() -> None:
    assert DOCUMENT["incidents"][0]["verdict"]["for"][0]["finding"] == "site.expression"


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_hostile_text_comes_back_as_it_was_and_shows_nothing_that_acts(name: str) -> None:
    text = TEXTS[name]
    out = to_json(poisoned(FLAGSHIP, lambda _: text))
    assert json.loads(out)["incidents"][0]["message" if INCIDENT.message else "role"] == text
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", out
    )
    assert out.isascii() or out.encode()


def test_other_languages_stay_readable() -> None:
    incident = replace(INCIDENT, message="Übergröße 大きい")
    assert "Übergröße 大きい" in to_json(replace(FLAGSHIP, incidents=(incident,)))


def test_json_needs_no_template_engine() -> None:
    code = (
        "import sys; from triage.render import render; from triage.model import *;"
        "render(Analysis(Tool('t', '1'), (), (), ()), 'json');"
        "sys.exit(bool({'jinja2', 'rich', 'pandas', 'lark'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="pdf"):
        render(FLAGSHIP, "pdf")

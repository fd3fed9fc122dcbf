"""The published JSON Schema: made from the model, true for every output, strict where the contract is."""

import json
from dataclasses import replace

import jsonschema
import pytest
from render_case import CALM, FLAGSHIP, LOG

from triage.pipeline import analyze
from triage.render.json import to_json
from triage.render.schema import PATH, to_text

SCHEMA = json.loads(PATH.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_published_file_is_what_the_model_gives() -> None:
    assert PATH.read_text(encoding="utf-8") == to_text(), "run: make schema"


def test_the_schema_itself_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", sorted(SCHEMA["$defs"]))
def test_every_definition_is_described(name: str) -> None:
    assert SCHEMA["$defs"][name]["description"]


@pytest.mark.parametrize(
    "analysis",
    [FLAGSHIP, CALM, replace(FLAGSHIP, timeline=None), analyze([str(LOG)])],
    ids=["flagship", "calm", "no timeline", "a real log"],
)
def test_every_output_validates(analysis) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(to_json(analysis)))) == []


ALWAYS = {
    "Analysis": {"schema", "tool", "inputs", "incidents", "observations"},
    "Incident": {"kind", "findings", "signature", "verdict"},
}


@pytest.mark.parametrize("name", sorted(ALWAYS))
def test_what_the_contract_promises_always_is_required(name: str) -> None:
    assert ALWAYS[name] <= set(SCHEMA["$defs"][name]["required"])


BREAKS = {
    "an unknown kind": lambda document: document["incidents"][0].update(kind="explosion"),
    "a null": lambda document: document["incidents"][0].update(pid=None),
    "a missing verdict": lambda document: document["incidents"][0].pop("verdict"),
    "an address as a number": lambda document: document["incidents"][0]["threads"][1]["frames"][0].update(address=1),
    "another schema": lambda document: document.update(schema="triage-analysis/2"),
}


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_what_breaks_the_contract_does_not_validate(name: str) -> None:
    document = json.loads(to_json(FLAGSHIP))
    BREAKS[name](document)
    assert not VALIDATOR.is_valid(document)


def test_further_fields_are_allowed() -> None:
    document = json.loads(to_json(FLAGSHIP))
    document["incidents"][0]["mood"] = "calm"
    assert VALIDATOR.is_valid(document)

"""SARIF 2.1.0: valid by the published schema whatever the input, with what intake systems read."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from expectations import fixtures
from hostile import TEXTS, poisoned
from render_case import CALM, FLAGSHIP, INCIDENT

from triage.model import Problem
from triage.pipeline import analyze
from triage.render import render

# The schema as Microsoft's @microsoft/jest-sarif 1.0.0-beta.0 (MIT) carries it.
SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.schema.json").read_text())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
RESULT = json.loads(render(FLAGSHIP, "sarif"))["runs"][0]["results"][0]
DAMAGED = replace(CALM, inputs=(replace(CALM.inputs[0], problems=(Problem("ends too early"),)),))


@pytest.mark.parametrize("analysis", [FLAGSHIP, CALM, DAMAGED], ids=["flagship", "calm", "damaged"])
def test_it_is_valid(analysis) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(render(analysis, "sarif")))) == []


@pytest.mark.parametrize("case", fixtures()[::6], ids=lambda case: case.name)
def test_real_logs_give_valid_documents_with_a_result_per_incident(case) -> None:
    analysis = analyze([str(path) for path in case.inputs])
    document = json.loads(render(analysis, "sarif"))
    VALIDATOR.validate(document)
    assert len(document["runs"][0]["results"]) == len(analysis.incidents)


def test_a_result_says_what_died_where_and_how_to_group_it() -> None:
    assert (RESULT["ruleId"], RESULT["level"]) == ("assertion", "error")
    assert RESULT["message"]["text"].startswith("Assertion failed at tls.c:603. Known issue: TLS accept race")
    assert RESULT["partialFingerprints"] == {
        "family/v1": INCIDENT.signature.family,
        "strict/v1": INCIDENT.signature.strict,
    }
    assert RESULT["locations"][0]["physicalLocation"]["region"]["startLine"] == 16030
    assert RESULT["workItemUris"] == ["https://github.com/valkey-io/valkey/issues/1883"]
    assert 0.0 <= float(RESULT["properties"]["security-severity"]) <= 10.0


def test_the_stack_is_there() -> None:
    frames = RESULT["stacks"][0]["frames"]
    assert frames[2]["location"]["logicalLocations"] == [{"fullyQualifiedName": "processIOThreadsReadDone"}]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_hostile_text_makes_no_link_and_no_address(name: str) -> None:
    text = TEXTS[name]
    document = json.loads(render(poisoned(FLAGSHIP, lambda _: text), "sarif"))
    VALIDATOR.validate(document)
    (run,) = document["runs"]
    addresses = [artifact["location"]["uri"] for artifact in run["artifacts"]]
    assert not [uri for uri in addresses if ":" in uri or uri.startswith(("/", "\\"))]
    message = run["results"][0]["message"]["text"]
    assert not [at for at, char in enumerate(message) if char in "[]" and message[at - 1] != "\\"]
    assert "workItemUris" not in run["results"][0]

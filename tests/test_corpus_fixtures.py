"""Every fixture's log is told as its expected.json says: kind, site, frames, server, completeness, observations."""

import json

import pytest
from command import triage
from expectations import FIXTURES, Fixture, differences, fixtures

CASES = fixtures()
FLAGSHIPS = [case for case in CASES if case.name.startswith("flagship")]
COUNTED = [case for case in FLAGSHIPS if case.connections]
MOST_FIXTURE_BYTES = 6 << 20


def analysis_of(case: Fixture) -> dict:
    done = triage("analyze", *case.inputs, "--format", "json", "-o", "-")
    assert done.returncode in case.expect.get("exit", [0, 4]), done.stderr.decode()
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fixture_is_told_as_expected(case: Fixture) -> None:
    assert differences(case.expect, analysis_of(case)) == []


@pytest.mark.parametrize("case", FLAGSHIPS, ids=lambda case: case.name)
def test_the_tls_accept_race_is_known_with_its_connections(case: Fixture) -> None:
    (incident,) = analysis_of(case)["incidents"]
    verdict = incident["verdict"]
    assert (verdict["status"], verdict["issue"]) == ("known", case.issue)
    assert verdict["fix"]["pull_request"] == "valkey-io/valkey#1955"
    assert {"new-connections", "tls-error-bursts"} <= {reason["finding"] for reason in verdict["for"]}


@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case.name)
def test_the_open_connections_and_their_ages_are_those_of_the_run(case: Fixture) -> None:
    (incident,) = analysis_of(case)["incidents"]
    data = next(finding["data"] for finding in incident["findings"] if finding["id"] == "new-connections")
    assert data["open"] == case.connections["open"]
    assert data["youngest_ms"] == case.connections["youngest_ms"][0]
    assert data["at_or_under_threshold"] == case.connections["at_or_under_8_ms"]


def test_the_fixtures_stay_small() -> None:
    sizes = [path.stat().st_size for path in FIXTURES.rglob("*") if path.is_file()]
    assert len(CASES) >= 60
    assert sum(sizes) < MOST_FIXTURE_BYTES

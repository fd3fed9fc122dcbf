"""Reads the crash reports of real logs in fixtures/ without the scan: the whole log is one region."""

import json
from pathlib import Path
from typing import Any

from triage.logs.report import read_region
from triage.logs.scanned import Region
from triage.model import Incident, RawLine

FIXTURES = Path(__file__).parent.parent / "fixtures"


def raw_lines(case: str) -> tuple[RawLine, ...]:
    text = next(FIXTURES.joinpath(case).glob("*.log")).read_bytes().decode(errors="backslashreplace")
    return tuple(RawLine(number, line) for number, line in enumerate(text.split("\n"), 1))


def incidents_of(lines: tuple[RawLine, ...]) -> list[Incident]:
    return [incident for incident, _ in read_region(Region(lines), "server.log", ()) if incident is not None]


def incident_of(case: str) -> Incident:
    return incidents_of(raw_lines(case))[0]


def expected(case: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(FIXTURES.joinpath(case, "expected.json").read_text())["expect"]
    return facts

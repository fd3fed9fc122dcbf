"""What stands where a report has a figure and is none, or has no end, ends no analysis."""

import json
import re
from pathlib import Path

import pytest
from expectations import FIXTURES

from triage.pipeline import analyze
from triage.render import render

SIGNAL = (FIXTURES / "lab2-10-v912-segfault-tls-cluster" / "server.log").read_text(encoding="utf-8", errors="replace")
ENDLESS = "9" * 5000


@pytest.mark.parametrize("figure", ["²", "٣", ENDLESS, "-5", "1e999", ""], ids=lambda figure: figure[:5] or "none")
@pytest.mark.parametrize(
    ("place", "told"),
    [
        (r"(?<=# Errorstats\n)", "errorstat_OOM:count={}\n"),
        (r"(?<=\nio-threads )\d+", "{}"),
        (r"(?<=_version:)9\.1\.2", "{0}.{0}.{0}"),
        (r"(?<=Accessing address: )\S+", "0x{}"),
        (r"(?<=crashed by signal: )\d+", "{}"),
        (r"(?<= age=)\d+", "{}"),
        (r"(?<=\nused_memory:)\d+", "{}"),
    ],
)
def test_figures_that_are_none_end_no_analysis(place: str, told: str, figure: str, tmp_path: Path) -> None:
    log = tmp_path / "valkey.log"
    text, found = re.subn(place, told.format(figure), SIGNAL.replace("\r\n", "\n"))
    assert found
    log.write_text(text, encoding="utf-8")
    analysis = analyze([str(log)])
    assert [incident.kind.value for incident in analysis.incidents] == ["signal"]
    assert render(analysis, "html")
    assert json.loads(render(analysis, "json"))

"""Configuration files and answers to INFO that come with a log: what they add, and when they are not believed."""

from functools import cache
from pathlib import Path

import pytest
import zstandard
from servers import running

from triage.model import Finding, Incident
from triage.pipeline import analyze

FIXTURES = Path(__file__).parent.parent / "fixtures"
FIRST_FRAME_ENDS = b"[0x"
CONFIGURATION = """\
# A node behind a load balancer.
port 0
tls-port 6379
io-threads 2
 io-threads "4"
cluster-enabled yes
requirepass hunter2secret
"""


@cache
def cut_flagship() -> bytes:
    """The log of a real TLS accept race, cut in its first frame: no threads, no INFO, no configuration section."""
    compressed = (FIXTURES / "flagship-stock-verbose/server.log.zst").read_bytes()
    whole = zstandard.ZstdDecompressor().decompressobj().decompress(compressed)
    return whole[: whole.index(FIRST_FRAME_ENDS, whole.index(b"STACK TRACE"))]


def incident_of(directory: Path) -> Incident:
    (incident,) = analyze([str(directory)]).incidents
    return incident


def told(incident: Incident) -> Finding | None:
    return next((finding for finding in incident.findings if finding.id == "settings-files"), None)


def test_a_configuration_file_beside_a_cut_log_tells_what_the_log_lost(tmp_path: Path) -> None:
    (tmp_path / "valkey.log").write_bytes(cut_flagship())
    alone = incident_of(tmp_path)
    assert (alone.server.io_threads, told(alone)) == (None, None)
    (tmp_path / "valkey.conf").write_text(CONFIGURATION)
    incident = incident_of(tmp_path)
    finding = told(incident)
    assert incident.server.io_threads == 4
    assert finding is not None
    assert "io_threads" in finding.data["added"]
    assert (finding.evidence[0].line, finding.evidence[0].text) == (5, ' io-threads "4"')
    assert incident.verdict.issue == "valkey-io/valkey#1883"
    assert incident.verdict.confidence is not None
    assert alone.verdict.confidence is not None
    assert incident.verdict.confidence >= alone.verdict.confidence


@pytest.mark.parametrize(
    ("configuration", "differing"),
    [("tls-port 0\n", ["tls"]), ("tls-port 6379\nport 0\n", []), ("port 0\ninclude other.conf\n", [])],
)
def test_the_log_is_believed_where_the_file_says_otherwise(
    tmp_path: Path, configuration: str, differing: list[str]
) -> None:
    (tmp_path / "valkey.log").write_bytes(cut_flagship())
    (tmp_path / "valkey.conf").write_text(configuration)
    incident = incident_of(tmp_path)
    finding = told(incident)
    assert incident.server.tls is True
    assert finding is not None
    assert finding.data["differ"] == differing
    assert ("includes 1 other file" in finding.summary) == ("include" in configuration)


def test_of_several_files_each_speaks_for_the_log_in_its_own_directory(tmp_path: Path) -> None:
    for node, threads in (("a", "3"), ("b", "7")):
        (tmp_path / node).mkdir()
        (tmp_path / node / "valkey.log").write_bytes(cut_flagship())
        (tmp_path / node / "valkey.conf").write_text(f"port 6379\nio-threads {threads}\n")
    incidents = analyze([str(tmp_path)]).incidents
    assert {Path(i.input or "").parent.name: i.server.io_threads for i in incidents} == {"a": 3, "b": 7}
    (tmp_path / "a" / "old.conf").write_text("port 6379\nio-threads 5\n")
    incidents = analyze([str(tmp_path)]).incidents
    assert {Path(i.input or "").parent.name: i.server.io_threads for i in incidents} == {"a": None, "b": 7}


@pytest.mark.parametrize("program", ["valkey-server", "redis-server"])
def test_info_of_the_process_that_died_tells_its_build_and_info_of_another_nothing(
    program: str, tmp_path: Path
) -> None:
    answers = {}
    with running(program, tmp_path, "--crash-log-enabled", "no") as server:
        answers["died"] = server.connect().ask("INFO", "everything")
        server.connect().send("DEBUG", "PANIC")
        server.wait()
    (tmp_path / "other").mkdir()
    with running(program, tmp_path / "other") as server:
        answers["other"] = server.connect().ask("INFO", "everything")
    log = (tmp_path / "server.log").read_bytes()
    for name, answer in answers.items():
        case = tmp_path / f"case-{name}"
        case.mkdir()
        (case / "valkey.log").write_bytes(log)
        (case / "info.txt").write_text(answer)
    died, other = incident_of(tmp_path / "case-died"), incident_of(tmp_path / "case-other")
    build = answers["died"].partition("redis_build_id:")[2].split()[0]
    assert (died.server.build_id, other.server.build_id) == (build, None)
    finding = told(other)
    assert finding is not None
    assert f"the one that died is {other.pid}" in finding.summary

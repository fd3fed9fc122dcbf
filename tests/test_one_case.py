"""A log, a core and a binary of one death become one incident; what does not belong together stays apart."""

import json
from collections.abc import Callable
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest
from native_builds import build, core, core_in, cores_allowed, workshop
from servers import require, running

from triage.intake import open_inputs
from triage.model import Analysis, Finding, Incident, Kind, Outcome, Thread
from triage.pipeline import analyze
from triage.render.json import to_json

PROGRAMS = ("valkey-server", "redis-server")


@cache
def death(program: str, way: str, memory_test: str, *, crash_log: str = "yes") -> Path:
    """The directory with ``server.log`` and the core of a real, stripped server that DEBUG killed."""
    require(program)
    directory = workshop() / f"case-{program}-{way}-{memory_test}-{crash_log}"
    directory.mkdir()
    options = ("--crash-memcheck-enabled", memory_test, "--crash-log-enabled", crash_log)
    with cores_allowed(), running(program, directory, *options) as server:
        clients = [server.connect() for _ in range(3)]
        clients[0].send("DEBUG", way)
        server.wait()
    if core_in(directory) is None:
        pytest.skip("the system wrote no core; see /proc/sys/kernel/core_pattern")
    return directory


def log_and_core(directory: Path) -> tuple[str, str]:
    found = core_in(directory)
    assert found is not None
    return str(directory / "server.log"), str(found)


def only(analysis: Analysis) -> Incident:
    (incident,) = analysis.incidents
    return incident


def finding(incident: Incident, name: str) -> Finding:
    return next(finding for finding in incident.findings if finding.id == name)


def failed(incident: Incident) -> Thread:
    (thread,) = (thread for thread in incident.threads or () if thread.crashed)
    return thread


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("way", "memory_test"), [("SEGFAULT", "yes"), ("ASSERT", "no"), ("PANIC", "no")])
def test_log_and_core_of_one_death_are_one_incident(program: str, way: str, memory_test: str) -> None:
    log, dump = log_and_core(death(program, way, memory_test))
    alone, joined = only(analyze([log])), only(analyze([log, dump]))
    told = finding(joined, "core-and-log")
    assert told.outcome is Outcome.SUPPORTS
    assert "process id" in told.data["agree"]
    # With an assertion Valkey 8.0 prints no INFO, which would hold the build id.
    assert ("build" in told.data["agree"]) is (alone.server.build_id is not None)
    assert (joined.kind, joined.time, joined.site, joined.message) == (
        alone.kind, alone.time, alone.site, alone.message,
    )  # fmt: skip
    assert (joined.signature.family, joined.signature.strict) == (alone.signature.family, alone.signature.strict)
    assert not any("core dump" in missing.what for missing in joined.missing)


@pytest.mark.parametrize("program", PROGRAMS)
def test_threads_that_the_memory_test_ended_come_from_the_log_and_hidden_ones_from_the_core(program: str) -> None:
    log, dump = log_and_core(death(program, "SEGFAULT", "yes"))
    logged = only(analyze([log])).threads or ()
    joined = only(analyze([log, dump])).threads or ()
    core_only = [thread for thread in joined if thread.frames[0].source == "core"]
    assert core_only, "jemalloc's threads are in no report"
    assert [thread.tid for thread in joined if thread not in core_only][: len(logged)] == [
        thread.tid or joined[0].tid for thread in logged
    ]
    assert all(frame.source == "log" for thread in joined if thread not in core_only for frame in thread.frames)
    (crashed,) = (thread for thread in joined if thread.crashed)
    assert crashed.core_frames
    assert {frame.source for frame in crashed.core_frames} == {"core"}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("way", ["SEGFAULT", "ASSERT", "PANIC"])
def test_a_core_alone_is_an_incident_like_that_of_its_log(program: str, way: str) -> None:
    log, dump = log_and_core(death(program, way, "yes" if way == "SEGFAULT" else "no"))
    alone, logged = only(analyze([dump])), only(analyze([log]))
    assert (alone.kind, alone.pid, alone.message) == (logged.kind, logged.pid, logged.message)
    assert alone.server.product == logged.server.product
    assert alone.server.version
    assert logged.server.version in (None, alone.server.version)
    assert alone.signature.family == logged.signature.family
    assert alone.report is None
    if way != "SEGFAULT":
        assert alone.site is not None
        assert logged.site is not None
        assert (alone.site.file, alone.site.line, alone.site.expression) == (
            logged.site.file, logged.site.line, logged.site.expression,
        )  # fmt: skip
    else:
        assert alone.signal is not None
        assert logged.signal is not None
        assert (alone.signal.name, alone.signal.code, alone.signal.address) == (
            logged.signal.name, logged.signal.code, logged.signal.address,
        )  # fmt: skip
        assert (alone.registers or {}).items() <= (logged.registers or {}).items()
    assert [evidence.input for evidence in alone.evidence] == [dump]
    assert alone.evidence[0].offset
    assert alone.verdict.status
    assert any("debug file" in missing.what for missing in alone.missing)


def test_the_order_of_the_inputs_does_not_matter() -> None:
    log, dump = log_and_core(death("valkey-server", "ASSERT", "no"))
    orders = [only(analyze(paths)) for paths in permutations([log, dump, require("valkey-server")])]
    assert all(order == orders[0] for order in orders)


def test_without_a_report_the_log_still_tells_of_the_process() -> None:
    log, dump = log_and_core(death("valkey-server", "SEGFAULT", "no", crash_log="no"))
    assert analyze([log]).incidents == ()
    incident = only(analyze([log, dump]))
    assert incident.kind is Kind.SIGNAL
    assert incident.server.version
    assert incident.time is not None
    assert finding(incident, "core-and-log").outcome is Outcome.SUPPORTS


def test_the_core_of_another_death_is_an_incident_of_its_own() -> None:
    log, _ = log_and_core(death("valkey-server", "SEGFAULT", "yes"))
    _, dump = log_and_core(death("valkey-server", "ASSERT", "no"))
    logged, cored = sorted(analyze([log, dump]).incidents, key=lambda incident: incident.input == dump)
    assert (logged.kind, cored.kind) == (Kind.SIGNAL, Kind.ASSERTION)
    assert finding(cored, "core-and-log").outcome is Outcome.CONTRADICTS
    assert not any(finding.id == "core-and-log" for finding in logged.findings)
    assert all(frame.source == "log" for thread in logged.threads or () for frame in thread.frames)


NATIVE: dict[tuple[str, str, bool], Callable[[Incident], bool]] = {
    ("plain", "assert", False): lambda found: (
        found.kind is Kind.ASSERTION and found.site is not None and found.site.expression == "0"
    ),
    ("no-pie", "assert", False): lambda found: (
        found.kind is Kind.ASSERTION and found.site is not None and found.site.file == "tls.c"
    ),
    ("stripped", "panic", False): lambda found: found.kind is Kind.PANIC or found.kind is Kind.SIGNAL,
    ("dwarf4", "panic", False): lambda found: found.message == "%zu bytes of %d",
    ("plain", "overflow", True): lambda found: "recursion" in (found.signature.family or ""),
    ("lto", "thread", True): lambda found: found.signal is not None and found.signal.address == 0x18,
}


@pytest.mark.parametrize(("name", "way", "handler"), NATIVE)
def test_kind_and_site_come_from_the_frames(name: str, way: str, handler: bool) -> None:
    incident = only(analyze([str(core(name, way, handler=handler)), str(build(name))]))
    assert NATIVE[name, way, handler](incident), incident.site or incident.message
    assert incident.signature.family


def test_what_a_core_is_and_lacks_is_said_of_the_input(tmp_path: Path) -> None:
    whole = core("plain", "assert").read_bytes()
    cut = tmp_path / "core"
    cut.write_bytes(whole[: len(whole) // 2])
    analysis = analyze([str(cut), str(build("plain"))])
    (entry,) = (entry for entry in analysis.inputs if entry.kind == "core")
    assert entry.bytes == len(whole) // 2
    assert "cut" in entry.problems[0].message
    assert only(analysis).kind in (Kind.ASSERTION, Kind.SIGNAL)


def test_a_binary_of_another_build_is_refused_with_both_ids(tmp_path: Path) -> None:
    other = tmp_path / "server"
    other.write_bytes(build("lto").read_bytes())
    analysis = analyze([str(core("plain", "assert")), str(other)])
    (entry,) = (entry for entry in analysis.inputs if entry.kind == "core")
    (problem,) = entry.problems
    assert str(other) in problem.message
    assert "build id" in problem.message


def test_a_core_in_an_archive_is_read(tmp_path: Path) -> None:
    import tarfile

    archive = tmp_path / "case.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(core("plain", "assert"), "dump/core.1234")
    incident = only(analyze([str(archive)]))
    assert incident.input == f"{archive}!dump/core.1234"
    assert len(open_inputs([str(archive)])) == 1


def test_the_output_says_where_each_frame_comes_from() -> None:
    log, dump = log_and_core(death("valkey-server", "ASSERT", "no"))
    document = json.loads(to_json(analyze([log, dump])))
    sources = {frame["source"] for thread in document["incidents"][0]["threads"] for frame in thread["frames"]}
    assert sources == {"log", "core"}
    assert all("trust" in f for t in document["incidents"][0]["threads"] for f in t["frames"])

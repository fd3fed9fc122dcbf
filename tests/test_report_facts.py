"""Facts of real crash reports, against what a careful reader knows from the same log."""

from typing import Any

import pytest
from report_cases import expected, incident_of, incidents_of, raw_lines

from triage.model import Hex, Incident, Instant, Kind

REPORTS = (
    "lab-02-assert-redis60",
    "lab-02-assert-v727",
    "lab-02-panic-redis50",
    "lab-02-segfault-redis62",
    "lab-04-module-assert-in-report",
    "lab-05-binary-and-secret-args",
    "lab-06-first-line-only",
    "lab-06-headless",
    "lab-06-trunc-mid-info",
    "lab-06-trunc-mid-stack",
    "lab-09-arm64-assert",
    "lab-09-musl1-assert",
    "lab2-03-v811-child-rdb-segv",
    "lab2-10-v912-segfault-tls-cluster",
    "lab2-12-r806-oom",
    "lab2-13-v801-assert-hide-no",
    "lab2-30-v811-logfmt-legacy-segfault",
    "lab2-30-v912-legacy-iso8601-panic",
    "lab2-30-v912-logfmt-iso8601-assert",
    "lab2-54-v811-neg-watchdog",
    "lab2-60-v801-three-crashes-one-log",
    "bug-lua-unpack-46817-r741",
    "pub-redis-815",
)
FROM_THE_REST_OF_THE_LOG = ("server.product", "server.version", "server.mode", "server.tls")
"""An assertion's report need not name its server: the start of the process does, which these tests leave out."""


def fact(incident: Incident, path: str) -> Any:
    failed = [thread for thread in incident.threads or () if thread.crashed]
    match path:
        case "threads":
            return len(incident.threads or ())
        case "frames":
            return [frame.function for frame in failed[0].frames][:30]
        case "frame_addresses":
            return [frame.address for frame in failed[0].frames][:30]
        case "clients":
            return incident.clients.count if incident.clients else None
        case "report.sections":
            return set(incident.report.sections) if incident.report else None
    value: Any = incident
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def wanted(path: str, value: Any) -> Any:
    if path == "frame_addresses":
        return [int(address, 16) for address in value]
    if path == "report.sections":
        return set(value)
    return int(value, 16) if path == "signal.address" and value else value


@pytest.mark.parametrize("case", REPORTS)
def test_every_fact_of_the_report_is_read(case: str) -> None:
    incidents = incidents_of(raw_lines(case))
    stated = expected(case)["incidents"]
    assert len(incidents) == len(stated)
    for incident, facts in zip(incidents, stated, strict=True):
        for path, value in facts.items():
            if path in FROM_THE_REST_OF_THE_LOG or path == "nested":
                continue
            accepted = value["any"] if isinstance(value, dict) else [value]
            assert fact(incident, path) in [wanted(path, one) for one in accepted], path


def test_signal_code_has_its_name() -> None:
    signal = incident_of("lab2-10-v912-segfault-tls-cluster").signal
    assert signal is not None
    assert (signal.name, signal.code_name, signal.address) == ("SIGSEGV", "SEGV_ACCERR", Hex(0x7EFF2B502000))


def test_process_title_is_no_part_of_a_module() -> None:
    incident = incident_of("lab2-10-v912-segfault-tls-cluster")
    modules = {frame.module for thread in incident.threads or () for frame in thread.frames}
    assert modules == {"/usr/bin/valkey-server", "/lib/x86_64-linux-gnu/libc.so.6"}


def test_frames_know_function_offset_and_line() -> None:
    failed = next(t for t in incident_of("lab2-10-v912-segfault-tls-cluster").threads or () if t.crashed)
    frame = failed.frames[1]
    assert (frame.function, frame.offset, frame.address) == ("debugCommand", Hex(0x80), Hex(0x556675750BB0))
    assert "debugCommand+0x80" in raw_lines("lab2-10-v912-segfault-tls-cluster")[(frame.log_line or 0) - 1].text


@pytest.mark.parametrize(
    ("case", "name", "value"),
    [
        ("lab2-10-v912-segfault-tls-cluster", "RIP", 0x556675750BB0),
        ("lab2-30-v811-logfmt-legacy-segfault", "RAX", 0x7F97A4E3B000),
        ("lab-02-segfault-redis62", "CSGSFS", 0x002B000000000033),
    ],
)
def test_registers_are_read_in_legacy_rows_and_on_one_logfmt_line(case: str, name: str, value: int) -> None:
    registers = incident_of(case).registers
    assert registers is not None
    assert registers[name] == value
    assert len(registers) >= 19


def test_registers_of_a_crash_inside_the_report_are_not_the_incidents() -> None:
    assert incident_of("lab2-30-v912-legacy-iso8601-panic").registers is None


def test_clients_are_typed() -> None:
    clients = incident_of("lab2-10-v912-segfault-tls-cluster").clients
    assert clients is not None
    by_id = {client.number("id"): client for client in clients.list}
    assert by_id[19].fields["flags"] == ("pubsub",)
    assert by_id[7].fields["flags"] == ("no-evict",)
    assert (by_id[37].number("age"), by_id[37].number("argv-mem"), by_id[37].text("cmd")) == (0, 13, "debug")
    assert by_id[37].text("addr") == "127.0.0.1:56446"


def test_info_is_typed_by_section() -> None:
    info = incident_of("lab2-10-v912-segfault-tls-cluster").info
    assert info is not None
    assert info["Memory"]["used_memory"] == 8085288
    assert info["Memory"]["allocator_rss_ratio"] == 1.25
    assert info["Server"]["redis_git_sha1"] == "00000000"
    assert info["Stats"]["io_threaded_accept_processed"] == 2


def test_server_is_identified_by_info() -> None:
    server = incident_of("lab2-10-v912-segfault-tls-cluster").server
    assert (server.product, server.version, server.mode) == ("valkey", "9.1.2", "cluster")
    assert (server.tls, server.io_threads, server.io_threads_active) == (True, 4, True)
    assert (server.os, server.arch, server.malloc) == ("Linux 6.18.44-generic", "x86_64", "jemalloc-5.3.1")
    assert server.git_sha1 is None
    assert [module.name for module in server.modules or ()] == ["lua"]


def test_info_gives_the_zone_of_the_log() -> None:
    time = incident_of("lab2-10-v912-segfault-tls-cluster").time
    assert str(time) == "2026-11-22T11:04:24.464+00:00"
    assert isinstance(time, Instant)


@pytest.mark.parametrize(
    ("case", "function"),
    [("lab-02-assert-redis60", "debugCommand"), ("lab-02-assert-v727", "debugCommand")],
)
def test_an_assertion_names_its_function(case: str, function: str) -> None:
    site = incident_of(case).site
    assert site is not None
    assert site.function == function


@pytest.mark.parametrize("case", ["lab-02-assert-redis60", "lab-02-assert-v727", "lab-09-arm64-assert"])
def test_what_the_client_sent_takes_no_room_from_the_line_that_failed(case: str) -> None:
    said = [evidence.text for evidence in incident_of(case).evidence]
    assert any("is not true" in text for text in said[:3])
    assert not any("client->" in text or "Object " in text for text in said)


def test_forced_signal_does_not_hide_the_assertion() -> None:
    incident = incident_of("lab-02-assert-redis60")
    assert (incident.kind, incident.signal) == (Kind.ASSERTION, None)


@pytest.mark.parametrize(
    ("case", "section", "why"),
    [
        ("lab-06-trunc-mid-stack", "INFO OUTPUT", "the log ends"),
        ("lab-09-musl1-assert", "STACK TRACE", "no backtrace support"),
        ("lab2-13-v801-assert-hide-no", "INFO OUTPUT", "recursive"),
    ],
)
def test_a_missing_section_has_its_reason(case: str, section: str, why: str) -> None:
    report = incident_of(case).report
    assert report is not None
    reasons = {missing.section: missing.why for missing in report.missing}
    assert why in reasons[section]


def test_a_complete_report_misses_nothing() -> None:
    report = incident_of("lab-02-segfault-redis62").report
    assert report is not None
    assert report.complete
    assert report.missing == ()


def test_a_crash_inside_the_report_is_said_to_be_one() -> None:
    report = incident_of("lab2-10-v912-segfault-tls-cluster").report
    assert report is not None
    assert report.nested

"""Incidents and observations of whole logs, scanned as the tool scans them."""

from pathlib import Path

import pytest
from log_facts import facts_of, scan_of, written
from report_cases import FIXTURES, expected

from triage.logs.incidents import LogFacts
from triage.model import Kind


def facts(case: str, name: str = "server.log") -> LogFacts:
    return facts_of(FIXTURES / case / name)


def start(pid: int, clock: str, port: int = 6379) -> list[str]:
    stamp = f"{pid}:M 22 Nov 2026 {clock}"
    return [
        f"{stamp}.000 * oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo",
        f"{stamp}.000 * Valkey version=8.1.1, bits=64, commit=00000000, modified=0, pid={pid}, just started",
        f"{stamp}.001 * Running mode=standalone, port={port}.",
        f"{stamp}.002 * Ready to accept connections tcp",
    ]


CASES = (
    "lab2-03-v811-child-rdb-segv",
    "lab2-50-v811-neg-sigkill-oomkiller-restart",
    "lab2-51-v811-neg-port-in-use",
    "lab2-51-v912-neg-tls-key-mismatch",
    "lab2-52-v811-neg-load-aof-manifest",
    "lab2-52-v912-neg-load-rdb-short",
    "lab2-53-v912-neg-failover-cmd",
    "lab2-54-v811-neg-watchdog",
    "lab2-60-v801-three-crashes-one-log",
    "lab2-61-downgrade-9.1.2-to-8.1.1-and-8.0.1-rdb",
    "lab-03-sigterm-normal-shutdown",
    "lab-05-sentinel-crash",
)


@pytest.mark.parametrize("case", CASES)
def test_incidents_are_told_in_order_with_their_servers(case: str) -> None:
    found = [(i.kind, i.pid, i.server.product, i.server.version, i.server.mode) for i in facts(case).incidents]
    stated = expected(case)["incidents"]
    assert found == [
        (i["kind"], i["pid"], i["server.product"], i["server.version"], i["server.mode"]) for i in stated
    ]


@pytest.mark.parametrize("case", CASES)
def test_observations_are_counted(case: str) -> None:
    counts = {finding.id: finding.data["count"] for finding in facts(case).observations}
    for observation in expected(case).get("observations", []):
        if observation["id"] != "tls-handshake-errors":
            assert counts[observation["id"]] == observation.get("count", counts[observation["id"]])


@pytest.mark.parametrize(
    ("case", "name", "words"),
    [
        ("lab2-51-v811-neg-config-error", "stdout.txt", "Bad directive or wrong number of arguments"),
        ("lab2-51-v811-neg-port-in-use", "server.log", "Address already in use"),
        ("lab2-51-v912-neg-tls-key-mismatch", "server.log", "key values mismatch"),
        ("lab2-52-v811-neg-load-aof-manifest", "server.log", "FATAL AOF MANIFEST FILE ERROR"),
        ("lab2-52-v912-neg-load-rdb-short", "server.log", "Unexpected EOF reading RDB file"),
    ],
)
def test_a_fatal_exit_has_the_servers_own_words(case: str, name: str, words: str) -> None:
    incident = facts(case, name).incidents[-1]
    assert incident.kind is Kind.FATAL_EXIT
    assert words in (incident.message or "")
    assert words in " ".join(evidence.text for evidence in incident.evidence)


def test_an_assertion_without_info_has_its_version_from_the_start() -> None:
    incident = facts("lab2-13-v801-assert-hide-no").incidents[0]
    assert (incident.server.version, incident.server.mode, incident.info) == ("8.0.1", "standalone", None)


def test_a_clean_shutdown_is_no_incident(tmp_path: Path) -> None:
    lines = [*start(7, "10:00:00"), "7:M 22 Nov 2026 10:00:09.000 # Valkey is now ready to exit, bye bye..."]
    found = written(tmp_path, *lines, *start(7, "10:00:10"))
    assert found.incidents == ()
    assert {finding.id: finding.data["count"] for finding in found.observations} == {
        "clean-shutdown": 1,
        "restart": 1,
    }


@pytest.mark.parametrize(("first", "second"), [(7, 8), (1, 1)])
def test_a_process_that_is_replaced_without_a_word_vanished(tmp_path: Path, first: int, second: int) -> None:
    found = written(tmp_path, *start(first, "10:00:00"), *start(second, "10:00:10"))
    assert [(incident.kind, incident.pid) for incident in found.incidents] == [(Kind.VANISHED, first)]


def test_two_servers_that_share_a_log_do_not_replace_each_other(tmp_path: Path) -> None:
    found = written(tmp_path, *start(7, "10:00:00", 7001), *start(8, "10:00:10", 7002))
    assert found.incidents == ()


def test_logs_put_one_behind_the_other_show_no_vanished_process(tmp_path: Path) -> None:
    found = written(tmp_path, *start(7, "10:00:10"), *start(8, "10:00:00"))
    assert found.incidents == ()


def test_a_log_that_just_stops_shows_no_incident(tmp_path: Path) -> None:
    assert written(tmp_path, *start(7, "10:00:00")).incidents == ()


def test_the_kernels_kill_notice_is_believed(tmp_path: Path) -> None:
    notice = "Nov 22 10:00:05 db kernel: Out of memory: Killed process 7 (valkey-server) total-vm:1kB"
    found = written(tmp_path, *start(7, "10:00:00"), notice)
    assert [(incident.kind, incident.pid) for incident in found.incidents] == [(Kind.VANISHED, 7)]
    assert "Killed process 7" in (found.incidents[0].message or "")


def test_a_fatal_line_that_the_server_survives_is_no_incident(tmp_path: Path) -> None:
    survived = "7:M 22 Nov 2026 10:00:05.000 # Failed to configure TLS. Check logs for more info."
    assert written(tmp_path, *start(7, "10:00:00"), survived).incidents == ()


def test_a_watchdogs_dump_is_followed_by_life() -> None:
    found = facts("lab2-54-v811-neg-watchdog")
    assert [incident.kind for incident in found.incidents] == [Kind.WATCHDOG]
    assert found.incidents[0].pid == 6138
    assert [finding.id for finding in found.observations] == ["clean-shutdown"]


def test_error_replies_that_info_counts_are_observed(tmp_path: Path) -> None:
    report = (FIXTURES / "lab-02-segfault-redis62" / "server.log").read_bytes()
    path = tmp_path / "server.log"
    path.write_bytes(report.replace(b"# Errorstats\r\n", b"# Errorstats\r\nerrorstat_OOM:count=41\r\n"))
    refused = [finding for finding in facts_of(path).observations if finding.id == "oom-commands-rejected"]
    assert [finding.data["count"] for finding in refused] == [41]
    assert refused[0].evidence[0].text == "errorstat_OOM:count=41"


def test_the_debug_line_of_an_unfinished_handshake_gives_its_values(tmp_path: Path) -> None:
    line = (
        "18:M 10 Apr 2025 18:13:53.586 # Illegal state for flags (0) of TLS connection (with state 2) "
        "which is 6 ms old: (addr=10.66.30.114:34228 laddr=10.92.190.56:17379)"
    )
    path = tmp_path / "server.log"
    path.write_text(line + "\n")
    (notable,) = scan_of(path).notable
    assert notable.name == "illegal_tls_state"
    assert dict(notable.fields) == {
        "flags": "0",
        "state": "2",
        "age_ms": "6",
        "addr": "10.66.30.114:34228",
        "laddr": "10.92.190.56:17379",
    }


def test_no_line_of_a_real_report_is_unknown() -> None:
    assert facts("lab2-10-v912-segfault-tls-cluster").unrecognised == ()

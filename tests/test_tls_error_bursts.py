import re
from datetime import datetime
from itertools import pairwise

import pytest
from correlate_case import ACCEPT_ERROR, changed, crash_of, log_lines, scanned

from triage.correlate.tls_error_bursts import tls_error_bursts, tls_noise
from triage.model import Outcome

STOCK = "flagship-stock-verbose"
LAST_BURST = "11:28:25"


def clock(line):
    return datetime.strptime(re.search(r"\d\d:\d\d:\d\d\.\d{3}", line)[0], "%H:%M:%S.%f")


def only_errors(keep):
    return changed(STOCK, lambda line: None if ACCEPT_ERROR in line and not keep(line) else line)


def only_probes():
    """The run without its bursts: errors that have no other within two seconds."""
    errors = [line for line in log_lines(STOCK) if ACCEPT_ERROR in line]
    times = [clock(line) for line in errors]
    gaps = [99.0, *((after - before).total_seconds() for before, after in pairwise(times)), 99.0]
    lonely = {line for at, line in enumerate(errors) if gaps[at] > 2 and gaps[at + 1] > 2}
    return only_errors(lambda line: line in lonely)


@pytest.mark.parametrize(
    ("case", "bursts", "last_error_ms"),
    [
        (STOCK, 4, 8),
        ("flagship-stock-verbose-mixed", 4, 0),
        ("flagship-debugpatch-25ms", 4, 11),
        ("flagship-debugpatch-young", 3, 2),
    ],
)
def test_burst_at_the_failure_supports_and_the_uneventful_ones_are_counted(tmp_path, case, bursts, last_error_ms):
    finding = tls_error_bursts(*crash_of(log_lines(case), tmp_path))
    assert finding.outcome is Outcome.SUPPORTS
    assert 0.4 < finding.strength < 0.8
    assert finding.data["bursts_found"] == bursts
    assert finding.data["bursts_without_failure"] == bursts - 1
    assert finding.data["last_error_before_failure_ms"] == last_error_ms
    assert all(burst["log10_p"] < -100 for burst in finding.data["bursts"])
    assert f"{bursts - 1} of {bursts} bursts had no failure" in finding.summary


def test_errors_are_counted_by_stage_reason_and_peer(tmp_path):
    data = tls_error_bursts(*crash_of(log_lines(STOCK), tmp_path)).data
    assert data["count"] == 1697
    assert data["by_stage"] == {"accepting": 1697, "reading": 2064}
    assert data["by_reason"][0] == {
        "reason": "error:0A000126:SSL routines::unexpected eof while reading",
        "count": 3500,
    }
    assert data["by_peer"] == [{"peer": "127.0.0.1", "count": 515}]
    assert data["peer_not_stated"] == 3761 - 515


def test_chart_series_holds_every_tested_error(tmp_path):
    series = tls_error_bursts(*crash_of(log_lines(STOCK), tmp_path)).data["series"]
    assert series["bucket_seconds"] == 1
    assert len(series["counts"]) <= 600
    assert sum(series["counts"]) == 1697


def test_burst_without_others_before_it_supports_more(tmp_path):
    alone = tls_error_bursts(*crash_of(only_errors(lambda line: line.split()[4][:8] >= LAST_BURST), tmp_path))
    among_others = tls_error_bursts(*crash_of(log_lines(STOCK), tmp_path))
    assert alone.data["bursts_found"] == 1
    assert alone.data["bursts_without_failure"] == 0
    assert alone.data["bursts"][0]["count"] == 272
    assert alone.strength > among_others.strength


def test_baseline_of_zero_does_not_make_the_burst_infinitely_improbable(tmp_path):
    data = tls_error_bursts(*crash_of(only_errors(lambda line: line.split()[4][:8] >= LAST_BURST), tmp_path)).data
    assert data["baseline"]["per_second"] >= 1 / data["baseline"]["seconds"]
    assert data["bursts"][0]["expected"] > 0


def test_bursts_long_before_the_failure_support_nothing(tmp_path):
    finding = tls_error_bursts(*crash_of(only_errors(lambda line: line.split()[4][:8] < LAST_BURST), tmp_path))
    assert finding.data["bursts_found"] == 3
    assert finding.data["bursts_without_failure"] == 3
    assert finding.outcome is Outcome.NEUTRAL


def test_health_probes_alone_support_nothing(tmp_path):
    finding = tls_error_bursts(*crash_of(only_probes(), tmp_path))
    assert finding.outcome is Outcome.NEUTRAL
    assert finding.strength == 0
    assert finding.data["bursts"] == []
    (probe,) = finding.data["probes"]
    assert probe["period_seconds"] == pytest.approx(10, abs=0.1)
    assert probe["errors"] == finding.data["count"]
    assert "health probe" in finding.summary


def test_steady_storm_is_no_burst_and_supports_weakly(tmp_path):
    finding = tls_error_bursts(*crash_of(log_lines("lab-01-tls-accept-race-1883"), tmp_path))
    assert finding.data["bursts"] == []
    assert finding.data["ongoing"]
    assert finding.outcome is Outcome.SUPPORTS
    assert finding.strength < 0.2


def test_the_rate_of_a_young_server_is_that_of_its_life(tmp_path):
    head = "18316:M 30 Nov 2026 03:06:"
    errors = [
        f"{head}{second:02}.{ms:03} # Error accepting a client connection: error:0A00009C:SSL routines::http request "
        f"(addr=127.0.0.1:{40000 + ms} laddr=127.0.0.1:7202)"
        for second in (5, 6)
        for ms in range(300, 700, 10)
    ]
    lines = [
        f"{head}05.285 * oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo",
        f"{head}05.285 * Valkey version=8.0.1, bits=64, commit=00000000, modified=0, pid=18316, just started",
        *errors,
        "=== VALKEY BUG REPORT START: Cut & paste starting from here ===",
        f"{head}07.285 # valkey 8.0.1 crashed by signal: 6, si_code: 0",
        f"{head}07.285 # Killed by PID: 17937, UID: 0",
    ]
    finding = tls_error_bursts(*crash_of(lines, tmp_path))
    assert finding.data["per_second_before_failure"] == 40
    assert finding.data["ongoing"]


def test_run_without_a_crash_tells_its_bursts_as_an_observation(tmp_path):
    observation = tls_noise(scanned(log_lines("control-801"), tmp_path))
    assert observation.id == "tls-handshake-errors"
    assert observation.outcome is Outcome.NEUTRAL
    assert observation.data["count"] == 3121
    assert observation.data["bursts_found"] == 5
    assert [probe["period_seconds"] for probe in observation.data["probes"]] == [pytest.approx(10, abs=0.1)]


def test_log_without_tls_errors_is_not_applicable(tmp_path):
    lines = changed(STOCK, lambda line: None if ACCEPT_ERROR in line or "Reading from client" in line else line)
    incident, log = crash_of(lines, tmp_path)
    assert tls_error_bursts(incident, log).outcome is Outcome.NOT_APPLICABLE
    assert tls_noise(log) is None

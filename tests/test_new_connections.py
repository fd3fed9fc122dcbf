import re

import pytest
from correlate_case import changed, crash_of, log_lines

from triage.correlate.new_connections import new_connections
from triage.model import Finding, Outcome

STOCK = "flagship-stock-verbose"
MIXED = "flagship-stock-verbose-mixed"
DEBUG_BUILD = "flagship-debugpatch-young"
NO_ACCEPTED = r"^\S+ .{24} - Accepted .*"


def ages(finding: Finding) -> list[int]:
    return [connection["age_ms"] for connection in finding.data["youngest"] if "age_ms" in connection]


def without_accepted(case):
    return changed(case, lambda line: None if " - Accepted " in line else line)


@pytest.mark.parametrize(
    ("case", "open_connections", "youngest", "at_or_under"),
    [
        (STOCK, 72, [1, 31, 38, 42, 71, 82], 1),
        (MIXED, 97, [15, 15, 16, 16, 31, 31], 0),
    ],
)
def test_id_order_ties_open_clients_to_accepted_lines(tmp_path, case, open_connections, youngest, at_or_under):
    finding = new_connections(*crash_of(log_lines(case), tmp_path))
    assert finding.data["open"] == open_connections
    assert ages(finding)[:6] == youngest
    assert finding.data["youngest_ms"] == youngest[0]
    assert finding.data["at_or_under_threshold"] == at_or_under
    assert finding.data["source"] == "accepted-lines"
    assert finding.data["precision_ms"] == 1
    assert finding.data["ambiguous"] == 0
    assert finding.data["only_whole_seconds"] == 0
    assert finding.outcome is Outcome.SUPPORTS


def test_failing_client_without_address_gets_its_accepted_line(tmp_path):
    incident, log = crash_of(log_lines(STOCK), tmp_path)
    finding = new_connections(incident, log)
    youngest = finding.data["youngest"][0]
    assert (youngest["id"], youngest["age_ms"], youngest["certain"], youngest["handshaking"]) == (8015, 1, True, True)
    shown = [evidence for evidence in finding.evidence if evidence.line == youngest["line"]]
    assert shown[0].text.endswith("- Accepted 127.0.0.1:41816")
    assert "1 ms before the failure" in finding.summary


def test_addresses_connected_to_both_ports_stay_apart(tmp_path):
    finding = new_connections(*crash_of(log_lines(MIXED), tmp_path))
    by_id = {connection["id"]: connection for connection in finding.data["youngest"]}
    accepted_four_times = by_id[20550]
    assert accepted_four_times["addr"] == "127.0.0.1:49124"
    assert accepted_four_times["age_ms"] == 15
    assert accepted_four_times["certain"]


@pytest.mark.parametrize(("case", "age", "at_or_under"), [(DEBUG_BUILD, 3, 1), ("flagship-debugpatch-25ms", 25, 0)])
def test_server_that_states_the_age_is_believed_first(tmp_path, case, age, at_or_under):
    finding = new_connections(*crash_of(log_lines(case), tmp_path))
    assert finding.data["source"] == "tls-state-line"
    assert finding.data["youngest_ms"] == age
    assert finding.data["at_or_under_threshold"] == at_or_under
    assert any("which is" in evidence.text for evidence in finding.evidence)
    assert f"was {age} ms old" in finding.summary


def test_stated_connection_is_counted_once(tmp_path):
    finding = new_connections(*crash_of(log_lines(DEBUG_BUILD), tmp_path))
    # 68 clients, one of them the replica's link.
    assert finding.data["own_links"] == 1
    assert sum(finding.data["spread"].values()) == 67


def test_strength_falls_with_the_age_without_a_cliff(tmp_path):
    strengths = []
    for age in (1, 3, 8, 9, 11, 25, 100):
        lines = [line.replace("which is 3 ms old", f"which is {age} ms old") for line in log_lines(DEBUG_BUILD)]
        # Without other connections known to be under a second old.
        lines = [re.sub(r" age=[01] ", " age=60 ", line) if line.startswith("id=") else line for line in lines]
        finding = new_connections(*crash_of(lines, tmp_path))
        assert finding.outcome is Outcome.SUPPORTS
        strengths.append(finding.strength)
    assert strengths == sorted(strengths, reverse=True)
    assert len(set(strengths)) == len(strengths)
    assert strengths[0] > 0.9
    assert strengths[2] - strengths[3] < 0.05
    assert strengths[4] > 0.5


def test_threshold_scales_the_strength(tmp_path):
    crash = crash_of(log_lines(STOCK), tmp_path)
    usual, wide = new_connections(*crash), new_connections(*crash, threshold_ms=40)
    assert wide.data["at_or_under_threshold"] == 3
    assert wide.strength > usual.strength


def test_without_accepted_lines_whole_seconds_support_little_and_say_how_to_record(tmp_path):
    finding = new_connections(*crash_of(without_accepted(STOCK), tmp_path))
    assert finding.outcome is Outcome.SUPPORTS
    assert finding.strength <= 0.4
    assert finding.data["source"] == "client-list"
    assert finding.data["precision_ms"] == 1000
    assert "youngest_ms" not in finding.data
    assert finding.data["under_one_second"] == 10
    assert "under one second" in finding.summary
    assert "loglevel verbose" in finding.summary


def test_only_old_connections_contradict(tmp_path):
    lines = [
        re.sub(r" age=[01] ", " age=120 ", line) if line.startswith("id=") else line
        for line in without_accepted(STOCK)
    ]
    finding = new_connections(*crash_of(lines, tmp_path))
    assert finding.outcome is Outcome.CONTRADICTS
    assert 0 < finding.strength <= 0.5
    assert finding.data["youngest_s"] == 120
    assert finding.data["spread"]["<=1min"] == 0


def test_lost_accepted_line_makes_the_match_ambiguous_and_says_so(tmp_path):
    # Client 8014, accepted between the last client with an address and the failing one, which has none.
    lines = changed(STOCK, lambda line: None if line.endswith("- Accepted 127.0.0.1:41802") else line)
    finding = new_connections(*crash_of(lines, tmp_path))
    youngest = next(connection for connection in finding.data["youngest"] if connection["id"] == 8015)
    assert not youngest["certain"]
    assert 1 in youngest["candidates_ms"]
    assert finding.data["ambiguous"] == 1
    assert "ambiguous" in finding.summary


def test_ids_taken_by_others_are_found_out_by_the_anchors_around(tmp_path):
    # As if a hundred clients in the middle of the run had come by a unix socket, which leaves no Accepted line.
    accepted = [line for line in log_lines(STOCK) if " - Accepted " in line]
    gone = set(accepted[4000:4100])
    finding = new_connections(*crash_of(changed(STOCK, lambda line: None if line in gone else line), tmp_path))
    assert ages(finding)[:6] == [1, 31, 38, 42, 71, 82]
    assert all(connection["certain"] for connection in finding.data["youngest"])


def test_report_cut_before_its_client_list_leaves_only_the_last_accepted_lines(tmp_path):
    lines = list(log_lines(STOCK))
    cut = lines[: lines.index("------ CLIENT LIST OUTPUT ------")]
    finding = new_connections(*crash_of(cut, tmp_path))
    assert finding.data["source"] == "accepted-lines-alone"
    assert "open" not in finding.data
    assert finding.strength <= 0.3
    assert not any(connection["certain"] for connection in finding.data["youngest"])
    assert "not known which connections were still open" in finding.summary


def test_connections_in_their_handshake_are_counted(tmp_path):
    finding = new_connections(*crash_of(log_lines(STOCK), tmp_path))
    assert finding.data["in_handshake"] == 4


def test_no_source_at_all_is_not_applicable_and_says_how_to_record(tmp_path):
    lines = without_accepted(STOCK)
    cut = lines[: lines.index("------ CLIENT LIST OUTPUT ------")]
    finding = new_connections(*crash_of(cut, tmp_path))
    assert finding.outcome is Outcome.NOT_APPLICABLE
    assert finding.strength == 0
    assert "loglevel verbose" in finding.summary


@pytest.mark.parametrize(
    ("drop", "source", "low", "high"),
    [
        (None, "accepted-lines", 53, 55),
        # 7,953 ids in 208 seconds.
        (NO_ACCEPTED, "client-ids", 37, 40),
        # 6,313 connections received in 211 seconds; failed handshakes are not among them.
        (NO_ACCEPTED + r"|^id=.*", "info-totals", 29, 31),
    ],
)
def test_arrival_rate_comes_from_the_best_source_left(tmp_path, drop, source, low, high):
    lines = [line for line in log_lines(STOCK) if drop is None or not re.match(drop, line)]
    rate = new_connections(*crash_of(lines, tmp_path)).data["arrival_rate"]
    assert rate["source"] == source
    assert low <= rate["per_second"] <= high


def test_connections_accepted_while_the_report_is_written_are_not_the_youngest(tmp_path):
    # A signal to a background thread: the main thread went on accepting.
    finding = new_connections(*crash_of(log_lines("lab2-20-v912-tgkill-abrt-bio-tls"), tmp_path))
    assert finding.data["youngest_ms"] > 0
    assert all(connection.get("age_ms", 0) >= 0 for connection in finding.data["youngest"])

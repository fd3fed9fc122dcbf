"""Where crash reports begin and end in a log, and what is kept of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from triage.intake import open_inputs
from triage.logs import scan_regions
from triage.logs.scan import scan
from triage.logs.scanned import LogScan

FIXTURES = Path(__file__).parent.parent / "fixtures"


@dataclass(frozen=True)
class Text:
    """A log in memory."""

    text: str
    name: str = "memory"

    def blocks(self) -> Iterator[bytes]:
        yield self.text.encode()


def scan_case(case: str) -> LogScan:
    name = json.loads((FIXTURES / case / "expected.json").read_text())["inputs"][0]
    return scan(open_inputs([str(FIXTURES / case / name)])[0])


def said(pid: int, message: str, mark: str = "#") -> str:
    return f"{pid}:M 22 Nov 2026 10:00:00.000 {mark} {message}\n"


def ordinary(pid: int, count: int) -> str:
    return "".join(said(pid, f"DB 0: {number} keys", "-") for number in range(count))


START = "\n\n=== VALKEY BUG REPORT START: Cut & paste starting from here ===\n"
END = "\n=== VALKEY BUG REPORT END. Make sure to include from START to END. ===\n\n  Please report the crash\n"
CRASH = "Valkey 8.1.0 crashed by signal: 11, si_code: 1"
BANNER = "oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo"


def test_the_flagships_report_runs_from_start_to_the_end_of_the_file():
    (region,) = scan_case("flagship-stock-verbose").regions
    assert (region.lines[0].line, region.lines[-1].line) == (16030, 16518)
    assert region.lines[0].text.startswith("=== VALKEY BUG REPORT START")
    assert [raw.line for raw in region.lead_in] == list(range(15970, 16030))
    assert not region.cut


def test_every_crash_of_a_log_has_its_region():
    found = scan_case("lab2-60-v801-three-crashes-one-log")
    assert len(found.regions) == 3
    for region in found.regions:
        assert sum("BUG REPORT START" in raw.text for raw in region.lines) == 1
        assert not any("is starting" in raw.text for raw in region.lines)


def test_a_run_without_a_crash_has_no_region():
    assert scan_case("control-801").regions == ()


def test_a_log_that_begins_inside_a_report_keeps_what_stands_before_the_first_marker():
    (region,) = scan_case("lab-06-headless").regions
    assert region.lead_in[0].line == 1
    assert region.lead_in[-1].line + 1 == region.lines[0].line


LOGS = {
    "END closes at the next ordinary line": (
        ordinary(7, 70) + START + said(7, CRASH) + END + said(7, "Background saving started", "*"),
        [(73, 78)],
    ),
    "lines of a signal handler stay inside after END": (
        START + said(7, CRASH) + END + "7:signal-handler (1795341600) Something\n" + said(7, "Bye", "*"),
        [(3, 9)],
    ),
    "a new process closes, with the lines before its banner": (
        START + said(7, CRASH) + "------ STACK TRACE ------\n" + said(8, "WARNING") + said(8, BANNER, "*"),
        [(3, 5)],
    ),
    "another thread's lines do not close": (
        START + said(7, CRASH) + ordinary(7, 100) + "------ STACK TRACE ------\n" + END + said(7, "Bye", "*"),
        [(3, 109)],
    ),
    "a second START opens the next": (
        START + said(7, CRASH) + START + said(8, CRASH) + END,
        [(3, 6), (7, 12)],
    ),
    "an assertion stands before its START": (
        said(7, "Out Of Memory allocating 99 bytes!") + START + said(7, "Guru Meditation: x #server.c:1") + END,
        [(1, 9)],
    ),
    "an assertion without a report": (
        said(7, "=== ASSERTION FAILED ===") + said(7, "==> tls.c:603 '0' is not true"),
        [(1, 2)],
    ),
    "an assertion of another process after END": (
        START + said(7, CRASH) + END + said(8, "=== ASSERTION FAILED ===") + said(8, "==> a.c:1 'b' is not true"),
        [(3, 8), (9, 10)],
    ),
    "a region is closed when nothing of a report comes any more": (
        said(7, "=== ASSERTION FAILED ===") + ordinary(7, 4000) + said(7, "=== ASSERTION FAILED ==="),
        [(1, 3000), (4002, 4002)],
    ),
    "a second END alone opens nothing": (
        START + said(7, CRASH) + END + said(7, "Bye", "*") + END,
        [(3, 8)],
    ),
    "END alone is what is left of a report": (END, [(2, 4)]),
    "a marker in the middle of a line is none": (
        said(7, "user said === VALKEY BUG REPORT START: here ==="),
        [],
    ),
}


@pytest.mark.parametrize(("text", "spans"), LOGS.values(), ids=LOGS)
@pytest.mark.parametrize("block_bytes", [4 << 20, 300])
def test_regions_begin_and_end(
    text: str, spans: list[tuple[int, int]], block_bytes: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("triage.logs.blocks.BLOCK_BYTES", block_bytes)
    regions = scan(Text(text)).regions
    assert [(region.lines[0].line, region.lines[-1].line) for region in regions] == spans
    for region, before in zip(regions[1:], regions, strict=False):
        assert all(raw.line > before.lines[-1].line for raw in region.lead_in)


def test_a_huge_report_keeps_head_and_tail(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scan_regions, "MOST_LINES", 100)
    found = scan(Text(START + said(7, CRASH) + "raw\n" * 1000 + END))
    (region,) = found.regions
    assert region.cut
    assert len(region.lines) == 100
    assert "START" in region.lines[0].text
    assert "Please report" in region.lines[-1].text
    assert any("too long" in problem.message for problem in found.problems)
    assert found.coverage.unrecognised == 0


def test_reports_beyond_all_measure_are_kept_short(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scan_regions, "MOST_BYTES_IN_ALL", 10_000)
    monkeypatch.setattr(scan_regions, "SHORT_LINES", 10)
    one = START + said(7, CRASH) + "raw line of a report\n" * 1000 + END + said(7, "Bye", "*")
    found = scan(Text(one * 4))
    assert [region.cut for region in found.regions] == [False, True, True, True]
    assert [len(region.lines) for region in found.regions][1:] == [10, 10, 10]
    assert found.problems[0].message.startswith("3 crash reports")


def test_a_report_of_one_monstrous_line_keeps_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scan_regions, "MOST_BYTES", 100)
    (region,) = scan(Text("=== VALKEY BUG REPORT START: " + "x" * 1000 + "\n")).regions
    assert len(region.lines) == 1


def test_main_thread_lines_inside_a_report_are_counted_too():
    found = scan(Text(START + said(7, CRASH) + said(7, "Accepted 10.0.0.1:5000", "-") + END))
    assert found.floods["accepted"].total == 1
    assert len(found.regions) == 1


def test_lines_before_a_report_are_kept_up_to_a_size():
    before = "".join(said(7, f"{number} " + "x" * 9_000) for number in range(50))
    (region,) = scan(Text(before + START + said(7, CRASH) + END)).regions
    assert 0 < sum(len(raw.text) for raw in region.lead_in) <= scan_regions.LEAD_IN_BYTES
    assert region.lead_in[-3].text.startswith("7:M 22 Nov 2026 10:00:00.000 # 49 ")


@pytest.mark.parametrize(("writers", "whole"), [(4, 4), (16, 1)])
def test_many_writers_of_one_file_share_the_room_for_reports(
    writers: int, whole: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scan_regions, "MOST_BYTES_IN_ALL", 100_000)
    monkeypatch.setattr(scan_regions, "SHORT_LINES", 10)
    one = START + said(7, CRASH) + "raw line of a report\n" * 1000 + END + said(7, "Bye", "*")
    found = scan(Text(one * 4), writers=writers)
    assert [region.cut for region in found.regions].count(False) in (whole, whole + 1)
    assert found.problems == () or found.problems[0].message.endswith("kept in part only: the log holds too many")


def test_frames_in_a_row_are_met_as_if_one_by_one():
    frames = "".join(f"/usr/bin/valkey-server(fn{number}+0x10)[0x55d0c0]\n" for number in range(100))
    (region,) = scan(Text(START + said(7, CRASH) + frames + said(7, "Accepted 10.0.0.1:5000", "-") + frames)).regions
    assert [raw.text for raw in region.lines].count("/usr/bin/valkey-server(fn99+0x10)[0x55d0c0]") == 2
    assert region.lines[-1].text.endswith("(fn99+0x10)[0x55d0c0]")

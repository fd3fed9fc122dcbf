"""Years that stamps lack, zones that they do not state, clocks that go back."""

import json
from pathlib import Path

import pytest
from command import triage
from log_facts import log_at, scan_of, written

from triage.logs.scanned import LogScan


def yearless(pid: int, stamp: str, text: str) -> str:
    return f"{pid}:M {stamp}.000 # {text}"


def crash(pid: int, stamp: str, *info: str) -> list[str]:
    return [
        "=== REDIS BUG REPORT START: Cut & paste starting from here ===",
        yearless(pid, stamp, "Redis 4.0.9 crashed by signal: 11"),
        "------ INFO OUTPUT ------",
        "# Server",
        "redis_version:4.0.9",
        *info,
        "=== REDIS BUG REPORT END. Make sure to include from START to END. ===",
    ]


def times(scan: LogScan) -> tuple[str, str]:
    return str(scan.first_time), str(scan.last_time)


def test_the_last_save_of_a_report_tells_the_year(tmp_path: Path) -> None:
    # 1514764800 is 2018-01-01 00:00:00 UTC
    lines = crash(7, "02 Mar 10:00:00", "# Persistence", "rdb_last_save_time:1514764800")
    (incident,) = written(tmp_path, *lines).incidents
    assert str(incident.time) == "2018-03-02T10:00:00.000"


def test_a_crash_after_new_year_follows_a_save_before_it(tmp_path: Path) -> None:
    # 1514736000 is 2017-12-31 16:00:00 UTC
    lines = crash(7, "02 Jan 10:00:00", "# Persistence", "rdb_last_save_time:1514736000")
    (incident,) = written(tmp_path, *lines).incidents
    assert str(incident.time) == "2018-01-02T10:00:00.000"


def test_a_signal_handlers_unix_time_tells_year_and_zone_of_its_line(tmp_path: Path) -> None:
    path = log_at(
        tmp_path,
        yearless(7, "31 Dec 23:30:00", "before"),
        "7:signal-handler (1514759400) Received SIGTERM scheduling shutdown...",
        yearless(7, "31 Dec 23:30:01", "User requested shutdown..."),
    )
    scan = scan_of(path)
    assert times(scan) == ("2017-12-31T23:30:00.000", "2017-12-31T23:30:01.000")
    assert str(scan.notable[0].time) == "2017-12-31T23:30:00.000"
    assert scan.notes == (
        "The timestamps have no year (Redis up to 4.0); 2017 is taken from the Unix time that a signal handler "
        "wrote.",
    )


def test_lines_with_a_year_tell_the_year_of_those_before_the_upgrade(tmp_path: Path) -> None:
    path = log_at(
        tmp_path,
        yearless(7, "30 Nov 10:00:00", "a"),
        yearless(7, "30 Jan 10:00:00", "b"),
        "9:M 30 Jan 2019 10:05:00.000 # c",
    )
    assert times(scan_of(path)) == ("2018-11-30T10:00:00.000", "2019-01-30T10:05:00.000")


DATED = "9:M {}.000 # upgraded"


@pytest.mark.parametrize(
    ("lines", "year"),
    [
        ((yearless(7, "09 Apr 10:00:00", "a"), DATED.format("15 Jan 2019 10:00:00")), 2018),
        ((yearless(7, "09 Apr 10:00:00", "a"), DATED.format("20 Nov 2019 10:00:00")), 2019),
        ((yearless(7, "09 Apr 10:00:00", "a"), DATED.format("09 Apr 2019 09:00:00")), 2019),
        ((yearless(7, "01 Jan 00:00:01", "a"), DATED.format("31 Dec 2019 23:59:59")), 2020),
        ((yearless(7, "29 Feb 10:00:00", "a"), DATED.format("10 Jan 2021 10:00:00")), 2020),
        ((DATED.format("15 Nov 2018 10:00:00"), yearless(7, "09 Apr 10:00:00", "a")), 2019),
        ((DATED.format("01 Jan 2019 00:00:01"), yearless(7, "31 Dec 23:59:59", "a")), 2018),
        ((DATED.format("09 Apr 2019 11:00:00"), yearless(7, "09 Apr 10:00:00", "a")), 2019),
        ((yearless(7, "09 Apr 10:00:00", "a"), DATED.format("15 Jan 9999 10:00:00")), 9998),
        ((DATED.format("31 Dec 9999 10:00:00"), yearless(7, "09 Apr 10:00:00", "a")), None),
    ],
)
def test_what_stands_before_a_line_with_a_year_is_earlier_and_what_follows_it_later(
    lines: tuple[str, ...], year: int | None, tmp_path: Path
) -> None:
    assert scan_of(log_at(tmp_path, *lines)).years.first == year


def test_turns_beyond_the_last_year_that_there_is_end_with_it(tmp_path: Path) -> None:
    turns = [yearless(7, stamp, "text") for stamp in ("30 Nov 10:00:00", "30 Jan 10:00:00") * 3]
    scan = scan_of(log_at(tmp_path, DATED.format("15 Jan 9998 10:00:00"), *turns))
    assert str(scan.last_time) == "9999-01-30T10:00:00.000"


def test_an_unknown_year_is_left_out_and_the_order_kept(tmp_path: Path) -> None:
    lines = [yearless(7, stamp, "text") for stamp in ("31 Dec 23:59:59", "01 Jan 00:00:00", "29 Feb 10:00:00")]
    scan = scan_of(log_at(tmp_path, *lines))
    assert times(scan) == ("--12-31T23:59:59.000", "--02-29T10:00:00.000")
    assert scan.first_time is not None
    assert scan.last_time is not None
    assert scan.first_time < scan.last_time
    assert scan.notes == ("The timestamps have no year (Redis up to 4.0), and nothing in the log tells it.",)


def test_writers_that_overtake_each_other_at_midnight_turn_one_year(tmp_path: Path) -> None:
    stamps = ("31 Dec 23:59:59", "01 Jan 00:00:00", "31 Dec 23:59:59", "01 Jan 00:00:01")
    scan = scan_of(log_at(tmp_path, *[yearless(7 + n % 2, stamp, "text") for n, stamp in enumerate(stamps)]))
    assert [turned for _, turned in scan.years.turns] == [1, 0, 1]


def test_a_log_with_years_has_no_notes(tmp_path: Path) -> None:
    assert scan_of(log_at(tmp_path, "9:M 30 Jan 2019 10:05:00.000 # c")).notes == ()


def assertion(stamp: str, site: str) -> list[str]:
    return [
        "=== VALKEY BUG REPORT START: Cut & paste starting from here ===",
        f"1:M {stamp} # ==> {site} '0' is not true",
        "=== VALKEY BUG REPORT END. Make sure to include from START to END. ===",
        f"1:M {stamp} * oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo",
    ]


def sites(*arguments: str) -> list[str]:
    done = triage("analyze", *arguments, "--format", "json", "-o", "-")
    return [incident["site"]["file"] for incident in json.loads(done.stdout)["incidents"]]


def test_the_hour_that_comes_twice_keeps_the_order_of_the_log(tmp_path: Path) -> None:
    lines = [*assertion("26 Oct 2025 02:50:00.000", "a.c:1"), *assertion("26 Oct 2025 02:10:00.000", "b.c:1")]
    assert sites(str(log_at(tmp_path, *lines))) == ["a.c", "b.c"]


def test_parts_in_the_wrong_order_are_put_right(tmp_path: Path) -> None:
    lines = [*assertion("27 Oct 2025 02:50:00.000", "b.c:1"), *assertion("26 Oct 2025 02:10:00.000", "a.c:1")]
    assert sites(str(log_at(tmp_path, *lines))) == ["a.c", "b.c"]


@pytest.mark.parametrize(("zone", "time"), [("Europe/Berlin", "+02:00"), ("UTC", "+00:00")])
def test_a_zone_that_the_user_states_is_told(zone: str, time: str, tmp_path: Path) -> None:
    path = log_at(tmp_path, *assertion("26 Jul 2025 02:50:00.000", "a.c:1"))
    done = triage("analyze", str(path), "--timezone", zone, "--format", "json", "-o", "-")
    assert json.loads(done.stdout)["incidents"][0]["time"] == f"2025-07-26T02:50:00.000{time}"

"""Logs with more incidents than anybody reads: what is kept of them, and how it is told."""

import json
import re
from pathlib import Path

import pytest
from command import triage
from expectations import FIXTURES
from report_cases import incidents_of

from triage.cases import crowd
from triage.cases.crowd import Room
from triage.logs import report_stack
from triage.model import RawLine
from triage.pipeline import analyze

CRASH = (FIXTURES / "lab2-10-v912-segfault-tls-cluster" / "server.log").read_text()
PORT_IN_USE = (FIXTURES / "lab2-51-v811-neg-port-in-use" / "server.log").read_text()


def crashes(count: int) -> str:
    return "".join(re.sub(r"(?m)^\d+:", f"{1000 + number}:", CRASH) for number in range(count))


def test_incidents_behind_the_first_ones_are_told_in_brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "server.log"
    path.write_text(crashes(5))
    monkeypatch.setattr(crowd, "IN_FULL", 2)
    monkeypatch.setattr(Room, "of", classmethod(lambda cls, own, total: cls(crowd.MOST_INCIDENTS, crowd.IN_FULL)))
    told = analyze([str(path)])
    first, *_, last = told.incidents
    assert first.raw
    assert first.clients is not None
    assert first.clients.list
    assert (last.raw, last.close_up, last.clients and last.clients.list) == ((), None, ())
    assert (last.signal, last.site, last.verdict.status) == (first.signal, first.site, first.verdict.status)
    assert (last.signature.family, last.signature.strict) == (first.signature.family, first.signature.strict)
    assert [thread.crashed for thread in last.threads or ()] == [True]
    assert "3 incidents after the first 2 are told in brief" in told.inputs[0].notes
    assert not told.inputs[0].problems


def test_of_too_many_incidents_the_first_and_the_last_are_kept(tmp_path: Path) -> None:
    pid = PORT_IN_USE.partition(":")[0]
    count = crowd.MOST_INCIDENTS + 50
    path = tmp_path / "server.log"
    path.write_text("".join(PORT_IN_USE.replace(pid, str(100_000 + number)) for number in range(count)))
    done = triage("analyze", path, "--format", "json", "-o", "-")
    told = json.loads(done.stdout)
    pids = [incident["pid"] for incident in told["incidents"]]
    assert (len(pids), pids[0], pids[-1]) == (crowd.MOST_INCIDENTS, 100_000, 100_000 + count - 1)
    assert done.returncode == 4
    assert told["inputs"][0]["problems"][0]["message"].startswith("50 incidents in the middle of the log")


@pytest.mark.parametrize(
    ("own", "total", "room"),
    [(10, 10, Room(3000, 100)), (200, 200, Room(3000, 100)), (1500, 6000, Room(750, 25)), (1, 9000, Room(1, 1))],
)
def test_logs_of_one_case_share_the_room(own: int, total: int, room: Room) -> None:
    assert Room.of(own, total) == room


def test_of_an_endless_stack_the_innermost_frames_are_kept_and_the_rest_is_told() -> None:
    many = report_stack.MOST_FRAMES + 500
    lines = ["7:M 01 Mar 2026 00:00:00.100 # === VALKEY BUG REPORT START: Cut & paste starting from here ==="]
    lines += ["7:M 01 Mar 2026 00:00:00.100 # Valkey 8.1.0 crashed by signal: 11, si_code: 1"]
    lines += ["------ STACK TRACE ------", "Backtrace:"]
    lines += [f"/usr/bin/valkey-server 127.0.0.1:6379(fn{number}+0x1)[0x55d{number:06x}]" for number in range(many)]
    (incident,) = incidents_of(tuple(RawLine(number, line) for number, line in enumerate(lines, start=1)))
    (thread,) = incident.threads or ()
    assert [frame.function for frame in thread.frames] == [
        f"fn{number}" for number in range(report_stack.MOST_FRAMES)
    ]
    assert incident.report is not None
    assert incident.report.missing[-1].why == "of a thread with more frames, only the innermost 1000 are kept"

"""A long log that two processes read by halves tells the same as one that is read in one go."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from expectations import FIXTURES
from wrapping import docker_json

from triage import pipeline
from triage.intake import halves, logs_of, open_inputs
from triage.intake.rotation import Log
from triage.logs import long_logs
from triage.logs.elsewhere import Elsewhere
from triage.logs.long_logs import scan_in_halves
from triage.logs.scan import scan
from triage.logs.scanned import LogScan
from triage.render import render

CRASH = (FIXTURES / "lab2-10-v912-segfault-tls-cluster" / "server.log").read_bytes()
_, CALM = (FIXTURES / "lab2-50-v801-neg-tls-noise" / "server.log").read_bytes().split(b"connections tls\n", 1)
LONG = CALM * 30
YEARLESS = b"".join(b"1:M 12 Mar 10:%02d:%02d.000 * Background saving started by pid 8\n" % (i // 60, i % 60)
                    for i in range(3000))  # fmt: skip


@pytest.fixture(autouse=True)
def short_logs_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "LONG", 100_000)
    monkeypatch.setattr(halves, "_AROUND", 6_000)
    monkeypatch.setattr(halves, "_STEP", 10_000)
    monkeypatch.setattr(long_logs, "WINDOW_BYTES", 30_000)


def log_of(folder: Path, content: bytes) -> Log:
    path = folder / "valkey.log"
    path.write_bytes(content)
    (log,) = logs_of(open_inputs([str(path)]))
    return log


def plain(value: Any) -> Any:
    """A form in which two scans can be compared."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def told(found: LogScan) -> dict[str, Any]:
    """Everything but the lines of floods, of which the halves may keep more."""
    without = {one.name: plain(getattr(found, one.name)) for one in fields(found) if one.name != "floods"}
    return {**without, "floods": {name: table.total for name, table in found.floods.items()}}


@pytest.mark.parametrize(
    "content",
    [
        LONG,
        CRASH + LONG + CRASH,
        LONG + CRASH,
        CRASH + LONG,
        CALM * 12 + CRASH + CALM * 15,
        LONG + b"1:M garbage \xff\x00\n" * 5 + LONG + b"\x00\x00\x00" + LONG + b"an end without a newline",
    ],
    ids=["calm", "a crash in each", "in the second", "in the first", "near the cut", "damage"],
)
def test_halves_tell_what_the_whole_tells(content: bytes, tmp_path: Path) -> None:
    log = log_of(tmp_path, content)
    whole = scan(log.parts[0])
    joined = scan_in_halves(log)
    assert joined is not None
    assert told(joined) == told(whole)
    for name, table in whole.floods.items():
        more = joined.floods[name]
        at = np.searchsorted(more.lines, table.lines)
        assert more.lines[at].tolist() == table.lines.tolist()
        assert more.times[at].tolist() == table.times.tolist()
        assert more.texts.at(at) == list(table.texts)
        assert [more.fields[one].at(at) for one in table.fields] == [list(column) for column in table.fields.values()]
        assert more.total == more.dropped + len(more.lines)


@pytest.mark.parametrize(
    "content",
    [
        CALM,
        CALM * 14 + CRASH.partition(b"REPORT END")[0] + CALM * 16,
        docker_json([*LONG.splitlines()]),
        b"\n".join(reversed(LONG.split(b"\n"))),
        YEARLESS,
        LONG + b"Jan  1 10:00:00 host valkey[1]: " + CALM.replace(b"\n", b"\nJan  1 10:00:00 host valkey[1]: ") * 4,
        CRASH * 30,
        LONG + b"1:M 22 Nov 2026 10:00:00.000 # " + b"x" * 40_000 + b"\n" + CALM,
    ],
    ids=[
        "short",
        "a report without an end",
        "docker",
        "newest first",
        "no year",
        "wrapped later",
        "no quiet place",
        "a line longer than a piece",
    ],
)
def test_what_must_be_read_from_its_beginning_is(content: bytes, tmp_path: Path) -> None:
    log = log_of(tmp_path, content)
    assert scan_in_halves(log) is None
    found = pipeline.analyze([log.name])
    assert found.inputs[0].lines == len(content.splitlines())


def test_the_report_is_the_same_every_time(tmp_path: Path) -> None:
    log = log_of(tmp_path, CRASH + LONG + CRASH)
    found = pipeline.analyze([log.name])
    assert [one.kind.value for one in found.incidents] == ["signal", "signal"]
    texts = {render(pipeline.analyze([log.name]), "json"), render(found, "json")}
    assert len(texts) == 1
    assert json.loads(texts.pop())["incidents"][1]["report"]["first_line"] > LONG.count(b"\n")


def test_progress_reaches_the_end_of_the_log(tmp_path: Path) -> None:
    log = log_of(tmp_path, LONG)
    seen: list[int] = []
    scan_in_halves(log, seen.append)
    assert seen == sorted(seen)
    assert max(seen) <= len(LONG)
    assert log.parts[0].read == len(LONG)


def _only_here(here: int) -> int:
    if os.getpid() != here:
        raise RuntimeError("elsewhere")
    return here


@pytest.mark.parametrize(
    "work",
    [lambda here: os.getpid() if os.getpid() == here else os._exit(3), _only_here],
    ids=["the process died", "its work failed"],
)
def test_what_fails_elsewhere_is_done_here(work: Callable[[int], int], capfd: pytest.CaptureFixture[str]) -> None:
    here = os.getpid()
    with Elsewhere(lambda: work(here)) as other:
        assert other.result() == here
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
def test_what_the_system_has_no_room_for_is_done_here() -> None:
    script = (
        "import os, resource\nfrom triage.logs.elsewhere import Elsewhere\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n"
        "with Elsewhere(os.getpid) as other:\n    assert other.result() == os.getpid()"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_abandoned_process_is_gone() -> None:
    with Elsewhere(lambda: time.sleep(600)) as other:
        pid = other._pid
    if pid is not None:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
def test_a_process_whose_parent_was_killed_is_gone() -> None:
    script = (
        "import os, time\nfrom triage.logs.elsewhere import Elsewhere\n"
        "with Elsewhere(lambda: (print(os.getpid(), flush=True), time.sleep(600))):\n    time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "Z (zombie)" in Path(f"/proc/{child}/status").read_text():
            return
        time.sleep(0.05)
    raise AssertionError("still there")


def test_beside_other_threads_nothing_is_forked() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        with Elsewhere(os.getpid) as other:
            assert other.result() == os.getpid()
    finally:
        over.set()
        thread.join()

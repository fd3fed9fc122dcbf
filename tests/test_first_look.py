"""A long log's end is looked at first and shown to whoever waits; the answer is the same with and without it."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from command import COMMAND, in_terminal
from expectations import FIXTURES
from wrapping import docker_json

from triage import pipeline
from triage.intake import open_inputs
from triage.model import Analysis, TriageError
from triage.render import render

CRASH = (FIXTURES / "lab2-10-v912-segfault-tls-cluster" / "server.log").read_bytes()
_, CALM = (FIXTURES / "lab2-50-v801-neg-tls-noise" / "server.log").read_bytes().split(b"connections tls\n", 1)
LONG, LOOK = 300_000, 100_000


@pytest.fixture(autouse=True)
def short_logs_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "LONG_LOG_BYTES", LONG)
    monkeypatch.setattr(pipeline, "FIRST_LOOK_BYTES", LOOK)


def seen_first(*paths: Path) -> tuple[list[list[str]], Analysis]:
    """What kinds of incidents each first look showed, and the answer; which must be that of a run without."""
    looks: list[list[str]] = []
    names = [str(path) for path in paths]
    found = pipeline.analyze(
        names, first_look=lambda early: looks.append([one.kind.value for one in early.incidents])
    )
    assert render(found, "json") == render(pipeline.analyze(names), "json")
    return looks, found


@pytest.mark.parametrize(
    ("content", "shown", "in_the_end"),
    [
        (CALM * 20 + CRASH, [["signal"]], ["signal"]),
        (CALM * 20 + CRASH + CALM, [["signal"]], ["signal"]),
        (CRASH + CALM * 20, [[]], ["signal"]),
        (CRASH + CALM * 20 + CRASH, [["signal"]], ["signal", "signal"]),
        (CALM * 20, [[]], []),
        (CALM + CRASH, [], ["signal"]),
        (docker_json([*(CALM * 20 + CRASH).splitlines()]), [["signal"]], ["signal"]),
    ],
    ids=["at the end", "before the end", "at the beginning", "at both", "none", "a short log", "docker"],
)
def test_the_end_of_a_long_log_is_seen_first(
    content: bytes, shown: list[list[str]], in_the_end: list[str], tmp_path: Path
) -> None:
    log = tmp_path / "valkey.log"
    log.write_bytes(content)
    looks, found = seen_first(log)
    assert (looks, [one.kind.value for one in found.incidents]) == (shown, in_the_end)


@pytest.mark.parametrize(
    "changed",
    [
        gzip.compress,
        zstandard.compress,
        lambda log: ("\ufeff" + log.decode()).encode("utf-16"),
        lambda log: b"\n".join(reversed(log.split(b"\n"))),
    ],
    ids=["gzip", "zstd", "text of Windows", "newest line first"],
)
def test_what_has_no_end_to_jump_to_is_just_read(
    changed: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "LONG_LOG_BYTES", 1)
    monkeypatch.setattr(pipeline, "FIRST_LOOK_BYTES", 1000)
    log = tmp_path / "valkey.log"
    log.write_bytes(changed(CALM * 20 + CRASH))
    assert seen_first(log)[0] == []


def test_the_newest_part_of_a_rotated_log_is_seen_first(tmp_path: Path) -> None:
    """Whichever way round the parts are given."""
    older, newer = tmp_path / "valkey.log.1", tmp_path / "valkey.log"
    older.write_bytes(CRASH + CALM * 20)
    newer.write_bytes(CALM.replace(b"22 Nov 2026", b"23 Nov 2026") * 20)
    assert seen_first(newer, older)[0] == [[]]


def test_an_end_without_a_server_shows_nothing(tmp_path: Path) -> None:
    log = tmp_path / "valkey.log"
    log.write_bytes(CRASH + b"make: nothing to be done\n" * 20_000)
    looks, found = seen_first(log)
    assert (looks, len(found.incidents)) == ([], 1)


def test_a_log_that_grows_is_read_to_where_it_ended(tmp_path: Path) -> None:
    log = tmp_path / "valkey.log"
    log.write_bytes(CALM * 20 + CRASH)
    lines = log.read_bytes().count(b"\n")
    before = render(pipeline.analyze([str(log)]), "json")

    def grow(_: Analysis) -> None:
        with log.open("ab") as file:
            file.write(CALM)

    found = pipeline.analyze([str(log)], first_look=grow)
    assert found.inputs[0].lines == lines
    assert render(found, "json") == before


def test_a_log_that_vanishes_after_the_look_is_said(tmp_path: Path) -> None:
    log = tmp_path / "valkey.log"
    log.write_bytes(CALM * 20 + CRASH)
    with pytest.raises(TriageError):
        pipeline.analyze([str(log)], first_look=lambda _: log.unlink())


def test_an_end_starts_with_a_line(tmp_path: Path) -> None:
    log = tmp_path / "valkey.log"
    log.write_bytes(CALM * 5)
    lines = CALM * 5
    (source,) = open_inputs([str(log)])
    for size in (1000, 1001, 5000):
        end = source.end(size)
        assert end is not None
        data = b"".join(end.blocks())
        assert lines.endswith(b"\n" + data)
        assert size - max(map(len, CALM.splitlines(keepends=True))) <= len(data) < size
    assert source.end(len(lines)) is None


AT_A_TERMINAL = f"""
import sys
from triage import pipeline
from triage.cli import main
pipeline.LONG_LOG_BYTES, pipeline.FIRST_LOOK_BYTES = {LONG}, {LOOK}
sys.argv[0] = "triage"
main()
"""


@pytest.mark.parametrize(
    ("options", "shown"),
    [((), True), (("--format", "json", "-o", "a.json"), True), (("--redact", "strict"), True), (("--quiet",), False)],
)
def test_a_terminal_shows_it_before_the_report(options: tuple[str, ...], shown: bool, tmp_path: Path) -> None:
    log = tmp_path / "valkey.log"
    log.write_bytes(CALM * 20 + CRASH)
    command = (sys.executable, "-c", AT_A_TERMINAL)
    screen = in_terminal("analyze", log, *options, command=command, cwd=tmp_path).decode()
    assert ("reading the rest" in screen) is shown
    if shown:
        first, _, rest = screen.partition("reading the rest:")
        assert "So far, from the last " in first
        assert rest.lstrip().startswith("2026-11-22")
        assert "SIGSEGV" in rest.splitlines()[1]


def test_a_pipe_is_told_nothing_before_the_answer(tmp_path: Path) -> None:
    log = tmp_path / "valkey.log"
    log.write_bytes(CALM * 20 + CRASH)
    arguments = [sys.executable, "-c", AT_A_TERMINAL, "analyze", str(log), "--format", "json", "-o", "-"]
    done = subprocess.run(arguments, capture_output=True, check=True)
    assert done.stderr == b""
    plain = subprocess.run([*COMMAND, *arguments[3:]], capture_output=True, check=True)
    assert json.loads(done.stdout) == json.loads(plain.stdout)

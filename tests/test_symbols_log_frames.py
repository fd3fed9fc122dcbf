"""Frames that a log prints, named from the binary: real programs crash, and their printed stacks are read."""

import json
import re
import signal
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from command import triage
from native_builds import tool
from servers import require, running

SOURCE = Path(__file__).parent / "native_log" / "stack.c"
REPORT = """\
4711:M 01 Apr 2025 10:00:00.123 # === VALKEY BUG REPORT START: Cut & paste starting from here ===
4711:M 01 Apr 2025 10:00:00.123 # valkey 7.2.5 crashed by signal: 11, si_code: 1
4711:M 01 Apr 2025 10:00:00.123 # Accessing address: 0x8

------ STACK TRACE ------

Backtrace:
{frames}
------ INFO OUTPUT ------
"""
BUILDS = {
    "pie": ("-O2", "-g", "-rdynamic"),
    "pie that exports nothing": ("-O2", "-g"),
    "no pie": ("-O2", "-g", "-rdynamic", "-fno-pie", "-no-pie"),
    "no pie that exports nothing": ("-O2", "-g", "-fno-pie", "-no-pie"),
    "lto": ("-O3", "-g", "-rdynamic", "-flto"),
}
FUNCTIONS = ["acceptResult", "updateState", "processPending", "reportAndTail", "beforeSleep", "main"]
Json = dict[str, Any]


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(SOURCE.read_text().splitlines(), 1) if text in line)


@cache
def compiled(directory: Path, name: str, flags: tuple[str, ...]) -> Path:
    binary = directory / name
    subprocess.run([tool("gcc", "gcc libc6-dev"), *flags, str(SOURCE), "-o", str(binary)], check=True)
    return binary


def crashed(binary: Path, log: Path) -> Path:
    frames = subprocess.run([binary], capture_output=True, text=True, check=True).stdout
    log.write_text(REPORT.format(frames=frames))
    return log


def analysed(*inputs: object, cache_home: Path, code: int = 0) -> Json:
    options = ("--redact", "none", "--format", "json", "-o", "-")
    done = triage("analyze", *inputs, *options, XDG_CACHE_HOME=str(cache_home))
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def frames_of(told: Json) -> list[Json]:
    (incident,) = told["incidents"]
    (thread,) = [thread for thread in incident["threads"] if thread.get("crashed")]
    return thread["frames"]


@pytest.mark.parametrize("name", BUILDS)
def test_every_function_of_the_program_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    binary = compiled(tmp_path, "valkey-server", BUILDS[name])
    log = crashed(binary, tmp_path / "valkey.log")
    cold = analysed(log, binary, cache_home=tmp_path)
    frames = frames_of(cold)
    own = [frame for frame in frames if frame.get("file") == str(SOURCE)]
    assert [frame["function"] for frame in own] == FUNCTIONS
    assert [frame.get("inlined", False) for frame in own] == [True, False, False, False, False, False]
    assert [frame.get("tail_call", False) for frame in own] == [False, False, False, False, True, False]
    wanted = ["the crash", "acceptResult(state);", "updateState(state);", "processPending(state);",
              "return reportAndTail(state);", "sink += beforeSleep("]  # fmt: skip
    assert [frame["line"] for frame in own] == [line_of(text) for text in wanted]
    assert own[0]["address"] == own[1]["address"]
    assert "address" not in own[4]
    assert [frame["index"] for frame in frames] == list(range(len(frames)))
    assert {frame["source"] for frame in frames} == {"log"}
    assert analysed(log, binary, cache_home=tmp_path) == cold, "the answers kept on disk differ"


def test_a_stripped_binary_names_nothing_new_and_the_debug_file_is_asked_for(tmp_path: Path) -> None:
    binary = compiled(tmp_path, "valkey-server", BUILDS["pie"])
    log, before = (
        crashed(binary, tmp_path / "valkey.log"),
        analysed(binary.with_name("valkey.log"), cache_home=tmp_path),
    )
    subprocess.run([tool("strip", "binutils"), binary], check=True)
    told = analysed(log, binary, cache_home=tmp_path)
    assert [frame.get("function") for frame in frames_of(told)] == [
        frame.get("function") for frame in frames_of(before)
    ]
    (wanted,) = [entry for entry in told["incidents"][0]["missing"] if "debug file" in entry["what"]]
    assert re.search(r"debuginfod-find debuginfo [0-9a-f]{40}", wanted["command"])


def test_the_debug_file_may_be_given_beside_the_stripped_binary(tmp_path: Path) -> None:
    binary = compiled(tmp_path, "valkey-server", BUILDS["pie"])
    log, debug = crashed(binary, tmp_path / "valkey.log"), tmp_path / "any-name.debug"
    subprocess.run([tool("objcopy", "binutils"), "--only-keep-debug", binary, debug], check=True)
    subprocess.run([tool("strip", "binutils"), binary], check=True)
    frames = frames_of(analysed(log, binary, debug, cache_home=tmp_path))
    assert [frame["function"] for frame in frames if frame.get("file")] == FUNCTIONS


def test_another_build_of_the_program_is_refused(tmp_path: Path) -> None:
    binary = compiled(tmp_path, "valkey-server", BUILDS["pie"])
    log = crashed(binary, tmp_path / "valkey.log")
    other = compiled(tmp_path, "other", ("-O0", "-g", "-rdynamic"))
    told = analysed(log, other, cache_home=tmp_path, code=4)
    (problem,) = next(entry for entry in told["inputs"] if entry["kind"] == "binary")["problems"]
    assert "is not the binary that wrote this log" in problem["message"]
    assert not any(frame.get("file") for frame in frames_of(told))


def test_a_debian_server_that_crashed_is_known_by_its_binary_and_another_refused(tmp_path: Path) -> None:
    with running("valkey-server", tmp_path) as server:
        server.kill(signal.SIGSEGV)
    binary = Path(require("valkey-server"))
    plain, told = analysed(server.log, cache_home=tmp_path), analysed(server.log, binary, cache_home=tmp_path)
    stacks = zip(told["incidents"][0]["threads"], plain["incidents"][0]["threads"], strict=True)
    for thread, before in stacks:
        for ours, printed in zip(thread["frames"], before["frames"], strict=True):
            assert ours["address"] == printed["address"]
            assert ours.get("function") or not printed.get("function")
    assert any("debug file" in entry["what"] for entry in told["incidents"][0]["missing"])
    other = analysed(server.log, require("redis-server"), cache_home=tmp_path, code=4)
    (problem,) = next(entry for entry in other["inputs"] if entry["kind"] == "binary")["problems"]
    assert "is not the binary" in problem["message"]

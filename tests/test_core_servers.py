"""Cores of real, stripped servers under load: the threads and frames that gdb finds, whatever the memory test did."""

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from core_cases import assert_as_gdb, crashed_thread, read
from gdb_referee import gdb_stacks
from native_builds import core_in, cores_allowed, workshop
from servers import require, running

from triage.cores.core import Core
from triage.cores.frames import WalkEnd
from triage.pipeline import analyze
from triage.render.headline import title

PROGRAMS = ("valkey-server", "redis-server")
SEGFAULT, ASSERT, PANIC = "SEGFAULT", "ASSERT", "PANIC"
CRASHES = [
    (program, way, memory_test)
    for program in PROGRAMS
    for way, memory_test in ((SEGFAULT, "yes"), (SEGFAULT, "no"), (ASSERT, "yes"), (PANIC, "no"))
]


@dataclass(frozen=True)
class Death:
    """A server's process id, and its core."""

    pid: int
    path: Path
    core: Core


@cache
def death(program: str, way: str, memory_test: str) -> Death:
    """Four connections hold state and one of them sends the command that kills."""
    require(program)
    directory = workshop() / f"{program}-{way}-{memory_test}"
    directory.mkdir()
    with cores_allowed(), running(program, directory, "--crash-memcheck-enabled", memory_test) as server:
        clients = [server.connect() for _ in range(4)]
        for number, client in enumerate(clients):
            client.ask("SET", f"key:{number}", "x" * 1000)
        pid = server.pid
        clients[0].send("DEBUG", way)
        server.wait()
    path = core_in(directory)
    if path is None:
        pytest.skip("the system wrote no core; see /proc/sys/kernel/core_pattern")
    return Death(pid, path, read(path))


@pytest.mark.parametrize(("program", "way", "memory_test"), CRASHES)
def test_every_thread_has_the_frames_that_gdb_sees(program: str, way: str, memory_test: str) -> None:
    died = death(program, way, memory_test)
    expected = gdb_stacks(Path(shutil.which(program) or program), died.path)
    assert {thread.tid for thread in died.core.threads} == set(expected)
    for thread in died.core.threads:
        assert_as_gdb(thread, expected[thread.tid])
        assert thread.walk.end is WalkEnd.OUTERMOST


def test_a_core_of_a_server_that_runs_on_is_told_as_such(tmp_path: Path) -> None:
    program = require("valkey-server")
    gcore = shutil.which("gcore") or pytest.skip("gcore is not installed: apt-get install gdb")
    with running(program, tmp_path) as server:
        command = [gcore, "-o", str(tmp_path / "core"), str(server.pid)]
        subprocess.run(command, check=True, capture_output=True)
        core = str(tmp_path / f"core.{server.pid}")
        (incident,) = analyze([core]).incidents
        server.connect()
    assert title(incident) == "Core of a running process"
    assert incident.signal is not None
    assert (incident.signal.sender_pid, incident.signal.sent) == (None, False)
    assert incident.severity is not None
    assert incident.severity.level == "info"
    assert incident.verdict is not None
    assert incident.verdict.title == "The process was running when its core was taken"


@pytest.mark.parametrize(("program", "way", "memory_test"), CRASHES)
def test_the_main_thread_crashed(program: str, way: str, memory_test: str) -> None:
    died = death(program, way, memory_test)
    assert died.core.process is not None
    assert died.core.process.pid == died.pid
    assert crashed_thread(died.core).tid == died.pid
    context = died.core.crashed.context if died.core.crashed else None
    if way != SEGFAULT:
        # Once in a while the memory test, which runs after the assertion, crashes as well.
        assert context is None or memory_test == "yes"
        return
    # DEBUG SEGFAULT writes to a page that it has made read-only.
    assert context is not None
    assert (context.signal.number, context.signal.code) == (11, 2)
    assert context.signal.address
    assert died.core.signal is not None
    assert (died.core.signal.number, died.core.signal.code) == (11, 0)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_memory_test_leaves_fewer_threads(program: str) -> None:
    with_test, without = death(program, SEGFAULT, "yes").core, death(program, SEGFAULT, "no").core
    assert len(with_test.threads) < len(without.threads)
    assert len(without.threads) >= 7


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_library_is_told_by_its_build_id(program: str) -> None:
    modules = death(program, SEGFAULT, "no").core.modules
    assert modules.main is not None
    assert Path(modules.main.path) == Path(shutil.which(program) or program).resolve()
    paths = [module.path for module in modules.all]
    assert any("libc.so" in path for path in paths)
    assert any("libssl" in path for path in paths)
    assert all(module.build_id for module in modules.all)

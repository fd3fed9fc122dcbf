"""Servers that really run, really crash, and write the log that the tool then explains."""

import json
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from command import triage
from servers import Server, running

OLD, NEW, ABORTED = 5, 3, 6
PAUSE_MS = 1200
SLACK_MS = 50
VALKEY, REDIS = "valkey-server", "redis-server"
WAYS = ("segfault", "panic", "assert", "kill")
EVERY_CRASH = [(program, way) for program in (VALKEY, REDIS) for way in WAYS]
HANDSHAKE_ERROR = "# Error accepting a client connection"
Json = dict[str, Any]


@dataclass(frozen=True)
class Crash:
    """A server's log after its end and what the tool says of it.

    ``held`` are the addresses of the connections that were open, oldest first: ``OLD`` that were at least
    ``PAUSE_MS`` old and ``NEW`` that were at most ``newest_ms`` old.
    """

    log: str
    version: str
    pid: int
    held: list[str]
    newest_ms: float
    told: Json

    @property
    def incident(self) -> Json:
        (incident,) = self.told["incidents"]
        return incident

    @property
    def connections(self) -> Json:
        """What was found about new connections at the failure."""
        return next(finding for finding in self.incident["findings"] if finding["id"] == "new-connections")

    def log_says(self, pattern: str) -> tuple[str, ...]:
        """The groups of the one place in the log that ``pattern`` matches."""
        (found,) = re.finditer(pattern, self.log)
        return found.groups()


def analysed(log: Path) -> Json:
    done = triage("analyze", log, "--format", "json", "-o", "-", "--fail-on-incident")
    told: Json = json.loads(done.stdout)
    assert done.returncode == (1 if told["incidents"] else 0), done.stderr.decode()
    return told


def crash(program: str, way: str, directory: Path) -> Crash:
    with running(program, directory) as server:
        for _ in range(OLD):
            server.connect()
        server.abort_handshakes(ABORTED)
        time.sleep(PAUSE_MS / 1000)
        server.settle()
        began = time.monotonic()
        for _ in range(NEW):
            server.connect()
        held = [client.local for client in server.clients]
        end(server, way)
        newest_ms = (time.monotonic() - began) * 1000
        told = analysed(server.log)
        return Crash(server.log.read_text(), server.version, server.pid, held, newest_ms, told)


def end(server: Server, way: str) -> None:
    if way == "kill":
        server.kill(signal.SIGSEGV)
    else:
        server.clients[-1].send("DEBUG", way.upper())
        server.wait()


@pytest.fixture(scope="session")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Crash]:
    """Makes a crash once, for all tests that ask for the same one."""
    return cache(lambda program, way: crash(program, way, tmp_path_factory.mktemp(f"{program}-{way}")))


@pytest.mark.parametrize(("program", "way"), EVERY_CRASH)
def test_the_server_that_crashed_is_described(crashed, program: str, way: str) -> None:
    made = crashed(program, way)
    server = made.incident["server"]
    assert (server["product"], server["version"]) == (program.removesuffix("-server"), made.version)
    assert server["io_threads"] == 4
    assert (made.incident["pid"], made.incident["role"]) == (made.pid, "primary")


@pytest.mark.parametrize(("program", "way"), EVERY_CRASH)
def test_the_report_is_read_to_its_end_and_its_crash_is_not_called_known(crashed, program: str, way: str) -> None:
    made = crashed(program, way)
    # Now and then the server dies in its own memory test, and the report has no end.
    assert made.incident["report"]["complete"] is ("BUG REPORT END" in made.log)
    assert made.incident["verdict"]["status"] == "unknown"
    assert made.told["inputs"][0]["coverage"]["unrecognised"] == 0
    assert made.incident["signature"]["strict"]


@pytest.mark.parametrize("way", WAYS)
def test_every_thread_of_valkey_has_its_stack(crashed, way: str) -> None:
    threads = crashed(VALKEY, way).incident["threads"]
    names = {thread["name"] for thread in threads}
    assert {"valkey-server", "bio_close_file", "io_thd_1", "io_thd_3"} <= names
    assert [thread["name"] for thread in threads if thread.get("crashed")] == ["valkey-server"]
    assert all(thread["frames"] for thread in threads)


@pytest.mark.parametrize("way", WAYS)
def test_valkey_is_known_to_speak_tls(crashed, way: str) -> None:
    assert crashed(VALKEY, way).incident["server"]["tls"] is True


@pytest.mark.parametrize("program", [VALKEY, REDIS])
def test_a_segfault_of_its_own_has_signal_code_and_address(crashed, program: str) -> None:
    made = crashed(program, "segfault")
    number, code = made.log_says(r"crashed by signal: (\d+), si_code: (-?\d+)")
    (address,) = made.log_says(r"Accessing address: (0x[0-9a-f]+)")
    told = made.incident["signal"]
    assert made.incident["kind"] == "signal"
    assert (told["number"], told["code"], told["address"]) == (int(number), int(code), address)
    assert (told["name"], told["code_name"]) == ("SIGSEGV", {"1": "SEGV_MAPERR", "2": "SEGV_ACCERR"}[code])
    assert "sender_pid" not in told
    assert made.incident["current_command"] == "debug"


@pytest.mark.parametrize("program", [VALKEY, REDIS])
def test_a_signal_from_outside_names_its_sender(crashed, program: str) -> None:
    incident = crashed(program, "kill").incident
    signal_told = incident["signal"]
    assert (incident["kind"], signal_told["name"], signal_told["code_name"]) == ("signal", "SIGSEGV", "SI_USER")
    assert (signal_told["sender_pid"], signal_told["sender_uid"]) == (os.getpid(), os.getuid())
    assert str(os.getpid()) in incident["verdict"]["title"]


@pytest.mark.parametrize("program", [VALKEY, REDIS])
def test_an_assertion_has_site_and_expression(crashed, program: str) -> None:
    made = crashed(program, "assert")
    file, line, expression = made.log_says(r"==> (\w+\.c):(\d+) '(.*)' is not true")
    site = made.incident["site"]
    assert made.incident["kind"] == "assertion"
    assert (site["file"], site["line"], site["expression"]) == (file, int(line), expression)


@pytest.mark.parametrize("program", [VALKEY, REDIS])
def test_a_panic_has_its_message_and_site(crashed, program: str) -> None:
    made = crashed(program, "panic")
    message, file, line = made.log_says(r"Guru Meditation: (.*) #(\w+\.c):(\d+)")
    assert made.incident["kind"] == "panic"
    assert made.incident["message"] == message
    assert (made.incident["site"]["file"], made.incident["site"]["line"]) == (file, int(line))


@pytest.mark.parametrize(("program", "way"), EVERY_CRASH)
def test_the_client_list_holds_the_open_connections(crashed, program: str, way: str) -> None:
    made = crashed(program, way)
    if "CLIENT LIST OUTPUT" not in made.log:
        # Valkey 8.0 prints neither INFO nor clients after an assertion (debug.c).
        assert "clients" not in made.incident
        return
    clients = made.incident["clients"]
    assert clients["count"] == OLD + NEW
    # The server turns its list round as it looks after its clients (clientsCron): ids keep the order of arrival.
    assert [client["addr"] for client in sorted(clients["list"], key=lambda client: client["id"])] == made.held
    assert all(isinstance(client["age"], int) for client in clients["list"])


@pytest.mark.parametrize(("program", "way"), EVERY_CRASH)
def test_connections_are_as_old_as_the_test_made_them(crashed, program: str, way: str) -> None:
    made = crashed(program, way)
    data = made.connections["data"]
    if "clients" not in made.incident:
        # Without a client list nobody knows which of the accepted connections were still open.
        assert made.connections["strength"] < 0.5
        return
    ages = {entry["addr"]: entry["age_ms"] for entry in data["youngest"]}
    assert (data["open"], data["source"], data["ambiguous"]) == (OLD + NEW, "accepted-lines", 0)
    assert all(0 <= ages[address] <= made.newest_ms + SLACK_MS for address in made.held[OLD:])
    assert all(ages[address] >= PAUSE_MS - SLACK_MS for address in made.held[:OLD])
    assert data["youngest_ms"] == min(ages.values()) == ages[made.held[-1]]
    assert sum(data["spread"].values()) == OLD + NEW


@pytest.mark.parametrize(("program", "way"), EVERY_CRASH)
def test_aborted_handshakes_are_counted_and_are_no_incident(crashed, program: str, way: str) -> None:
    made = crashed(program, way)
    noise = next(note for note in made.told["observations"] if note["id"] == "tls-handshake-errors")
    assert noise["data"]["count"] == made.log.count(HANDSHAKE_ERROR) >= ABORTED


def test_a_killed_server_that_starts_again_has_vanished(tmp_path: Path) -> None:
    with running(VALKEY, tmp_path) as server:
        server.connect()
        server.kill(signal.SIGKILL)
        first = server.pid
        server.start()
        server.kill(signal.SIGTERM)
        told = analysed(server.log)
    (incident,) = told["incidents"]
    assert (incident["kind"], incident["pid"]) == ("vanished", first)
    assert incident["verdict"]["status"] in ("unknown", "not-enough-evidence")


@pytest.mark.parametrize("program", [VALKEY, REDIS])
def test_a_server_that_is_told_to_stop_is_no_incident(program: str, tmp_path: Path) -> None:
    with running(program, tmp_path) as server:
        server.connect()
        server.abort_handshakes(ABORTED)
        server.kill(signal.SIGTERM)
        told = analysed(server.log)
    assert told["incidents"] == []
    counts = {note["id"]: note["data"].get("count") for note in told["observations"]}
    assert counts["clean-shutdown"] == 1
    assert counts["tls-handshake-errors"] >= ABORTED


def test_two_crashes_in_one_log_are_two_incidents_in_time_order(tmp_path: Path) -> None:
    with running(VALKEY, tmp_path) as server:
        pids = []
        for way in ("segfault", "panic"):
            server.connect()
            end(server, way)
            pids.append(server.pid)
            server.clients.clear()
            server.start()
        server.kill(signal.SIGTERM)
        told = analysed(server.log)
    assert [(incident["kind"], incident["pid"]) for incident in told["incidents"]] == [
        ("signal", pids[0]),
        ("panic", pids[1]),
    ]


def test_a_log_that_is_still_written_is_read_up_to_now(tmp_path: Path) -> None:
    with running(REDIS, tmp_path) as server:
        server.connect()
        told = analysed(server.log)
    assert told["incidents"] == []
    assert told["inputs"][0]["lines"] > 0

"""Servers built from Debian's source packages with debug information: what a core holds of them at full size.

Minutes of building: ``make test-full`` runs these, the ordinary run leaves them out.
"""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from core_agreement import agreement, gdb_stacks, triage_stacks
from debian_sources import built
from native_builds import core_in, cores_allowed, tool, workshop
from servers import Client, Server, running

from triage.model import Incident, ServerState
from triage.model.client import ClientValue
from triage.pipeline import Options, analyze
from triage.render.json import to_json

pytestmark = pytest.mark.full

SERVERS = {"redis": "redis-server", "valkey": "valkey-server"}
NOT_REBUILT = {"tot-mem"}
SETTLE_SECONDS = 1.5
"""Until the replica is online and the server's own clock has ticked."""


@dataclass(frozen=True)
class Death:
    """A server that died under load, with its log and core."""

    program: Path
    directory: Path
    port: int
    tls_port: int

    @property
    def core(self) -> str:
        path = core_in(self.directory)
        if path is None:
            pytest.skip("the system wrote no core; see /proc/sys/kernel/core_pattern")
        return str(path)

    @property
    def log(self) -> str:
        return str(self.directory / "server.log")


@cache
def death(package: str) -> Death:
    """A primary with a replica and clients of every kind, dead by SIGSEGV while others write over TLS."""
    program = built(package, SERVERS[package])
    directory = workshop() / f"full-{package}"
    (directory / "replica").mkdir(parents=True)
    options = ["--crash-memcheck-enabled", "no"]
    options += ["--hide-user-data-from-log", "no"] if package == "valkey" else []
    with cores_allowed(), running(str(program), directory, *options) as primary:
        found = Death(program, directory, primary.port, primary.tls_port)
        follow = ("--replicaof", f"127.0.0.1 {primary.port}")
        with running(str(program), directory / "replica", *follow):
            last = of_every_kind(primary)
            with writing(primary):
                time.sleep(SETTLE_SECONDS)
                last.send("DEBUG", "SEGFAULT")
                primary.wait()
    return found


def of_every_kind(server: Server) -> Client:
    """Clients that subscribe, watch, queue, wait, track and monitor, plain and TLS; the last of them is returned."""
    subscriber, queuing, waiting, tracking, watching, monitor, named, last = (
        server.connect(tls=number % 2 == 0) for number in range(8)
    )
    subscriber.ask("SUBSCRIBE", "news")
    subscriber.ask("PSUBSCRIBE", "n*")
    for command in (("WATCH", "k1"), ("WATCH", "k2"), ("MULTI",), ("SET", "k1", "value"), ("INCR", "counter")):
        queuing.ask(*command)
    waiting.send("BLPOP", "queue", "0")
    tracking.ask("CLIENT", "TRACKING", "on", "REDIRECT", watching.ask("CLIENT", "ID"))
    watching.ask("WATCH", "k3")
    monitor.send("MONITOR")
    named.ask("CLIENT", "SETNAME", "the-worker")
    return last


@contextlib.contextmanager
def writing(server: Server):
    """Two connections that write without a pause until the server is gone."""

    def write(client: Client) -> None:
        with contextlib.suppress(OSError, ValueError):
            for number in range(10_000_000):
                if not client.ask("SET", f"key:{number % 1000}", "x" * 200):
                    return

    threads = [threading.Thread(target=write, args=(server.connect(tls=tls),), daemon=True) for tls in (True, False)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


@cache
def incident(package: str) -> Incident:
    died = death(package)
    (found,) = analyze([died.log, died.core, str(died.program)], Options(user_data=True)).incidents
    return found


def state(package: str) -> ServerState:
    found = incident(package).state
    assert found is not None
    return found


def clients(package: str) -> dict[ClientValue, Mapping[str, ClientValue]]:
    return {client.fields["id"]: client.fields for client in state(package).clients or ()}


@pytest.mark.parametrize("package", SERVERS)
def test_the_state_is_what_the_server_was_told(package: str) -> None:
    died, found = death(package), state(package)
    settings, status = found.settings or {}, found.status or {}
    assert found.broken == ()
    assert (settings["port"], settings["tls-port"]) == (died.port, died.tls_port)
    assert (settings["io-threads"], settings["crash-memcheck-enabled"]) == (4, "no")
    assert (status["role"], status["mode"], status["pid"]) == ("primary", "standalone", incident(package).pid)
    assert (found.queues or {})["replicas" if package == "valkey" else "slaves"] == 1
    assert (found.queues or {})["monitors"] == 1
    assert found.current_client in clients(package)


@pytest.mark.parametrize("package", SERVERS)
def test_clients_equal_those_of_the_report_field_by_field(package: str) -> None:
    listed = incident(package).clients
    assert listed is not None
    printed = {client.fields["id"]: client.fields for client in listed.list}
    ours = clients(package)
    assert printed.keys() == ours.keys()
    lacking = {name for number, fields in printed.items() for name in fields.keys() - ours[number].keys()}
    assert lacking == NOT_REBUILT
    assert lacking == set(state(package).not_rebuilt or {})
    differing = [
        (number, name, value, ours[number][name])
        for number, fields in printed.items()
        for name, value in fields.items()
        if name in ours[number] and ours[number][name] != value
    ]
    assert differing == []


@pytest.mark.parametrize("package", SERVERS)
def test_clients_of_every_kind_are_there(package: str) -> None:
    found = list(clients(package).values())
    flags = {flag for fields in found for flag in fields["flags"]}
    assert {"replica", "pubsub", "multi", "blocked", "tracking", "monitor"} <= flags
    for name, most in (("sub", 1), ("psub", 1), ("multi", 2), ("watch", 2), ("multi-mem", None)):
        counts = [fields[name] for fields in found]
        assert max(counts) == most if most is not None else max(counts) > 0
    assert {client.connection.type for client in state(package).clients or () if client.connection} == {"tcp", "tls"}


@pytest.mark.parametrize("package", SERVERS)
def test_functions_files_and_lines_are_those_of_gdb(package: str) -> None:
    tool("gdb", "gdb")
    died = death(package)
    told = to_json(analyze([died.core, str(died.program)]))
    found = agreement(triage_stacks(told), gdb_stacks(str(died.program), died.core))
    assert found.threads >= 7
    assert found.same_names == found.names, found.other
    assert found.same_lines >= 0.99 * found.lines > 0, found.other

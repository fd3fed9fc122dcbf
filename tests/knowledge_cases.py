"""The facts of the flagship crash, from which the tests change one at a time."""

from triage.model import (
    FailedThread,
    Finding,
    Frame,
    Hex,
    Incident,
    Kind,
    Outcome,
    RawLine,
    Report,
    Server,
    Site,
    Thread,
)

NAMES = (None, None, "processIOThreadsReadDone", "beforeSleep", "aeMain", "main", None, "__libc_start_main", "_start")
FRAMES = tuple(
    Frame(i, name, Hex(0x1F75CF + i), "/opt/valkey/bin/valkey-server 127.0.0.1:18210 [cluster]")
    for i, name in enumerate(NAMES)
)
FLAGSHIP = Incident(
    kind=Kind.ASSERTION,
    pid=16773,
    role="primary",
    server=Server("valkey", "8.1.0", arch="x86_64", mode="cluster", tls=True, io_threads=4, io_threads_active=True),
    site=Site("tls.c", 603, None, "0"),
    thread=FailedThread(16773, "valkey-server"),
    threads=(Thread(16773, "valkey-server", True, FRAMES),),
    config={"io-threads": "4", "loglevel": "verbose"},
    report=Report(complete=True),
    input="server.log",
    raw=(
        RawLine(16032, "16773:M 22 Nov 2026 11:28:28.362 # ==> tls.c:603 '0' is not true"),
        RawLine(16097, "valkey_version:8.1.0"),
    ),
)
YOUNG = Finding("new-connections", "New connections", Outcome.SUPPORTS, 1.0, "72 connections, the youngest 1 ms old.")
BURSTS = Finding("tls-error-bursts", "TLS errors", Outcome.SUPPORTS, 0.8, "The last burst ended 31 ms before.")
FINDINGS = (YOUNG, BURSTS)

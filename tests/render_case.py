"""The flagship crash as an analysis, put together by hand from facts of its log, for tests of what is rendered."""

import io
from collections import Counter
from pathlib import Path

import zstandard

from triage.model import (
    Analysis,
    Candidate,
    Client,
    ClientList,
    Coverage,
    Evidence,
    FailedThread,
    Finding,
    Fix,
    FixedStatus,
    Frame,
    Hex,
    Incident,
    Input,
    Instant,
    Kind,
    Missing,
    MissingSection,
    Module,
    Outcome,
    Problem,
    RawLine,
    Reason,
    Report,
    Series,
    Server,
    Severity,
    Signal,
    Signature,
    SignedFrame,
    Site,
    Status,
    Thread,
    Timeline,
    Tool,
    Verdict,
)

LOG = Path(__file__).parent.parent / "fixtures/flagship-stock-verbose/server.log.zst"
NAME = "server.log.zst"
REPORT_START, REPORT_END = 16030, 16508
FAILED = Instant(1795346908362)
START = Instant(1795346697000)


def lines() -> list[str]:
    """Every line of the log; ``lines()[0]`` is line 1."""
    stream = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(LOG.read_bytes()))
    return stream.read().decode().splitlines()


LINES = lines()


def at(line: int) -> Evidence:
    """Line ``line`` of the log as evidence."""
    return Evidence(NAME, LINES[line - 1], line)


def series() -> tuple[Series, ...]:
    """Lines by level, TLS errors and connections per second, counted plainly."""
    levels = {"#": "warning", "*": "notice", "-": "verbose", ".": "debug"}
    counts: dict[str, Counter[int]] = {}
    for line in LINES:
        parts = line.split(" ", 6)
        if len(parts) < 7 or not parts[0].startswith("16773:M"):
            continue
        hours, minutes, seconds = parts[4].split(":")
        second = int((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) - (11 * 3600 + 24 * 60 + 57))
        counts.setdefault(levels[parts[5]], Counter())[second] += 1
        for name, words in {
            "tls-errors": "Error accepting a client connection: error:",
            "accepted": "Accepted ",
            "client-closed": "Client closed connection",
        }.items():
            if parts[6].startswith(words):
                counts.setdefault(name, Counter())[second] += 1
    return tuple(Series(name, tuple(count[second] for second in range(212))) for name, count in counts.items())


SERIES = series()


def frame(index: int, function: str | None, offset: int, address: int, module: str = "/opt/valkey/bin/valkey-server"):
    return Frame(index, function, Hex(offset), module, Hex(address), log_line=16064 + index)


CRASHED = Thread(
    16773,
    "valkey-server",
    True,
    (
        frame(0, None, 0x1F75CF, 0x5650F752B5CF),
        frame(1, None, 0x1F90E5, 0x5650F752D0E5),
        frame(2, "processIOThreadsReadDone", 0xF4, 0x5650F7409284),
        frame(3, "beforeSleep", 0x1BE, 0x5650F73D6EDE),
        frame(4, "aeMain", 0x2F, 0x5650F73C93EF),
        frame(5, "main", 0x57A, 0x5650F73BDA0A),
        frame(6, None, 0x2724A, 0x7F49F3A4524A, "/lib/x86_64-linux-gnu/libc.so.6"),
        frame(7, "__libc_start_main", 0x85, 0x7F49F3A45305, "/lib/x86_64-linux-gnu/libc.so.6"),
        frame(8, "_start", 0x21, 0x5650F73BF2D1),
    ),
)


def bio(tid: int, name: str) -> Thread:
    libc = "/lib/x86_64-linux-gnu/libc.so.6"
    return Thread(
        tid,
        name,
        False,
        (
            frame(0, "pthread_cond_wait", 0x1E8, 0x7F49F3AA65D8, libc),
            frame(1, "bioProcessBackgroundJobs", 0x197, 0x5650F74A7DD7),
            frame(2, None, 0x891F5, 0x7F49F3AA71F5, libc),
        ),
    )


ROLES = (
    ("unknown", "no symbol: a static function, or a stripped binary"),
    ("unknown", "no symbol: a static function, or a stripped binary"),
    ("culprit", "innermost function of the server's or a module's own code"),
    ("tail", "the event loop's own functions"),
    ("tail", "the event loop's own functions"),
    ("tail", "program start"),
    ("library", "a shared library of the system"),
    ("library", "program start"),
    ("library", "program start"),
)

CONNECTIONS = Finding(
    id="new-connections",
    title="Connections at the failure",
    outcome=Outcome.SUPPORTS,
    strength=0.9,
    summary="72 connections were open; the youngest was 1 ms old, 1 at or under 8 ms.",
    data={
        "open": 72,
        "source": "Accepted lines tied to the client list by id",
        "precision_ms": 1,
        "youngest_ms": 1,
        "youngest": [
            {"id": 7998 - n, "addr": f"127.0.0.1:{41816 - n}", "age_ms": age, "line": 16027 - n, "certain": n < 3}
            for n, age in enumerate((1, 31, 38, 42, 71, 82))
        ],
        "threshold_ms": 8,
        "at_or_under_threshold": 1,
        "spread": {"≤ 8 ms": 1, "≤ 100 ms": 5, "≤ 1 s": 16, "≤ 10 s": 2, "≤ 1 min": 0, "≤ 1 h": 48, "older": 0},
        "in_handshake": 2,
        "arrival": {"source": "Accepted lines", "per_second": 23.4, "window_seconds": 10, "before_per_second": 31.2},
    },
    evidence=(at(16027), at(16023)),
)
BURSTS = Finding(
    id="tls-error-bursts",
    title="TLS errors before the failure",
    outcome=Outcome.SUPPORTS,
    strength=0.6,
    summary="1,566 TLS errors, 5 bursts; the last error came 8 ms before the failure. 4 earlier bursts ended well.",
    data={
        "total": 1566,
        "by_reason": {"unexpected eof while reading": 1500, "connection reset by peer": 66},
        "by_peer": {"127.0.0.1": 1400, "address not logged": 166},
        "bursts": [
            {"start": "2026-11-22T11:25:00.000", "end": "2026-11-22T11:25:20.000", "count": 300, "p_value": 1e-12},
            {"start": "2026-11-22T11:28:10.000", "end": "2026-11-22T11:28:28.000", "count": 410, "p_value": 3.2e-40},
        ],
        "series": {
            "start": "2026-11-22T11:27:28.000",
            "bucket_seconds": 1,
            "counts": list(next(s for s in SERIES if s.id == "tls-errors").points[151:212]),
        },
        "last_before_ms": 8,
    },
    evidence=tuple(at(line) for line in (16016, 16025, 16026)),
)
VERDICT = Verdict(
    status=Status.KNOWN,
    issue="valkey-io/valkey#1883",
    title="TLS accept race: the main thread still saw the connection's old flags",
    cause="Since 8.1 the TLS handshake of a new connection is offloaded to an I/O thread. When it has finished,\n"
    "it sets the connection's flags and then marks the job as completed, without a release fence in between.",
    confidence=0.96,
    for_=(
        Reason("site.expression", "The failed expression is 0: code that must not be reached.", (at(16032),)),
        Reason("site.line", "Line 603 is where registerSSLEvent asserts.", (at(16032),)),
        Reason("server.version", "8.1.0 has the race: it came in 8.1.0-rc1 and was fixed in 8.1.1.", (at(4),)),
        Reason("server.io_threads_active", "I/O threads were active at the failure.", (at(16136),)),
        Reason("new-connections", CONNECTIONS.summary, CONNECTIONS.evidence),
        Reason("tls-error-bursts", BURSTS.summary, BURSTS.evidence),
    ),
    against=(Reason("server.arch", "x86_64 orders stores strongly; the race is rare there.", ()),),
    unchecked=(Reason("stack.functions", "The stack does not name registerSSLEvent: static functions are unnamed."),),
    fix=Fix(
        pull_request="valkey-io/valkey#1955",
        fixed_in=("8.1.1",),
        introduced_in="8.1.0-rc1 (valkey-io/valkey#1338)",
        commit="2399f107729171f9e8e35c9997b19d3e8c9c58ef",
    ),
    fixed_status=FixedStatus.FIXED_LATER,
    advice=(
        "Upgrade from 8.1.0 to 8.1.1 or later: it is the nearest release with the fix.",
        "Until then set io-threads to 1, which takes the I/O threads out of the TLS accept path.",
        "Let clients keep a pool of connections: it smooths the arrival of new ones.",
    ),
    references=("https://github.com/valkey-io/valkey/issues/1883", "https://github.com/valkey-io/valkey/pull/1955"),
    candidates=(Candidate("valkey-io/valkey#1883", 0.96), Candidate("redis/redis#4642", 0.08)),
)
CLIENTS = tuple(
    Client({"id": 3 + n, "addr": f"127.0.0.1:{33640 + n}", "age": 211 - n, "flags": ("normal",)}, 16290 + n)
    for n in range(72)
)
INFO = {
    "Memory": {"used_memory": 20921312, "used_memory_rss": 37879808, "maxmemory": 0, "mem_fragmentation_ratio": 1.81},
    "Clients": {"connected_clients": 71, "maxclients": 1000, "blocked_clients": 1},
    "Stats": {"total_connections_received": 7998, "instantaneous_ops_per_sec": 4012},
    "Replication": {"role": "master", "connected_slaves": 1},
}
INCIDENT = Incident(
    kind=Kind.ASSERTION,
    time=FAILED,
    pid=16773,
    role="primary",
    server=Server(
        product="valkey",
        version="8.1.0",
        git_sha1="00000000",
        build_id="f629f6d804887824",
        os="Linux 6.18.44-generic x86_64",
        arch="x86_64",
        mode="cluster",
        uptime_seconds=211,
        tls=True,
        io_threads=4,
        io_threads_active=True,
        modules=(Module("search", "1.0.1"),),
        malloc="jemalloc-5.3.0",
    ),
    site=Site("tls.c", 603, None, "0"),
    thread=FailedThread(16773, "valkey-server"),
    threads=(
        bio(16774, "bio_close_file"),
        CRASHED,
        bio(16776, "bio_lazy_free"),
        bio(16775, "bio_aof"),
        Thread(16777, "io_thd_1", False, (frame(0, None, 0xC65F7, 0x5650F73FA5F7),)),
    ),
    registers={"RIP": Hex(0x5650F752B5CF), "RSP": Hex(0x7FFD00000000)},
    clients=ClientList(72, CLIENTS),
    info=INFO,
    config={"io-threads": "4", "tls-port": "18110", "cluster-enabled": "yes"},
    report=Report(True, ("STACK TRACE", "INFO OUTPUT"), (), None, REPORT_START, REPORT_END),
    findings=(CONNECTIONS, BURSTS),
    signature=Signature(
        "frames/1",
        "assertion:tls.c:0 < processIOThreadsReadDone",
        "assertion:tls.c:0",
        tuple(SignedFrame(f.function, *role) for f, role in zip(CRASHED.frames, ROLES, strict=True)),
    ),
    verdict=VERDICT,
    severity=Severity("high", ("The process ended: its clients lost their connections.",)),
    missing=(
        Missing(
            "the core dump, with the server's binary",
            "It holds every thread's stack with local variables.",
            "coredumpctl dump 16773 -o valkey.core",
        ),
    ),
    evidence=(at(REPORT_START), at(16032)),
    input=NAME,
    raw=tuple(RawLine(n, LINES[n - 1]) for n in range(REPORT_START - 30, REPORT_END + 1)),
)
NOISE = Finding(
    id="tls-handshake-errors",
    title="TLS handshake errors",
    outcome=Outcome.NEUTRAL,
    strength=0.0,
    summary="1,566 TLS handshakes failed over the whole log.",
    data={"count": 1566},
    evidence=(at(41),),
)
INPUT = Input(
    name=NAME,
    kind="log",
    bytes=LOG.stat().st_size,
    lines=len(LINES),
    format="legacy",
    timestamp_format="legacy",
    first_time=START,
    last_time=FAILED,
    coverage=Coverage(len(LINES), len(LINES) - 3, 3),
)
FLAGSHIP = Analysis(
    tool=Tool("valkey-triage", "0.1.0"),
    inputs=(INPUT,),
    incidents=(INCIDENT,),
    observations=(NOISE,),
    timeline=Timeline(START, 1, SERIES),
)
CALM = Analysis(FLAGSHIP.tool, (INPUT,), (), (NOISE,), FLAGSHIP.timeline)

__all__ = ["CALM", "FLAGSHIP", "INCIDENT", "MissingSection", "Problem", "Signal"]

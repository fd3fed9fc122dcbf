"""A few lines of a report, as issues and mails leave them: too few to learn a wrapper or a column by number."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from triage import analyze
from triage.model import Incident, Kind

START = "=== VALKEY BUG REPORT START: Cut & paste starting from here ==="
EXPRESSION = "c->io_last_written.data_len == 0 || c->io_last_written.buf == c->buf"
ASSERTION = [
    START,
    "4642:S 20 Sep 2025 17:02:21.309 # === ASSERTION FAILED ===",
    f"4642:S 20 Sep 2025 17:02:21.309 # ==> networking.c:2688 '{EXPRESSION}' is not true",
    "",
    "------ STACK TRACE ------",
]
FRAMES = [
    "redis-rdb-bgsave 127.0.0.1:18614(rdbSaveKeyValuePair+0x1e1)[0x559e2c9aa721]",
    "redis-rdb-bgsave 127.0.0.1:18614(rdbSaveDb+0x354)[0x559e2c9ab384]",
    "redis-rdb-bgsave 127.0.0.1:18614 [cluster](processPendingCommandAndInputBuffer+0x63)[0x559e2c97de43]",
    "redis-rdb-bgsave 127.0.0.1:18614(call+0xf2)[0x559e2c961102]",
]
SIGNAL = [
    START.replace("VALKEY", "REDIS"),
    "45710:C 20 Dec 2023 09:07:44.470 # Redis 7.2.1 crashed by signal: 11, si_code: 128",
    "45710:C 20 Dec 2023 09:07:44.471 # Accessing address: (nil)",
    "",
    "------ STACK TRACE ------",
    "",
    "Backtrace:",
    *FRAMES,
]


def incident_of(folder: Path, content: bytes) -> Incident:
    path = folder / "x.txt"
    path.write_bytes(content)
    (incident,) = analyze([path]).incidents
    return incident


def at_column(lines: list[str], width: int) -> bytes:
    return "".join(line[at : at + width] + "\n" for line in lines for at in range(0, len(line) or 1, width)).encode()


def between_words(lines: list[str], width: int) -> bytes:
    broken = [textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""] for line in lines]
    return "".join(part + "\n" for parts in broken for part in parts).encode()


@pytest.mark.parametrize("width", [72, 84, 90])
@pytest.mark.parametrize("wrap", [at_column, between_words])
def test_one_broken_assertion_is_read(wrap: Callable[[list[str], int], bytes], width: int, tmp_path: Path) -> None:
    incident = incident_of(tmp_path, wrap(ASSERTION, width))
    assert incident.kind is Kind.ASSERTION
    assert incident.site is not None
    assert (incident.site.file, incident.site.line, incident.site.expression) == ("networking.c", 2688, EXPRESSION)


@pytest.mark.parametrize("width", [72, 80])
@pytest.mark.parametrize("wrap", [at_column, between_words])
def test_frames_of_a_process_title_are_not_joined(
    wrap: Callable[[list[str], int], bytes], width: int, tmp_path: Path
) -> None:
    incident = incident_of(tmp_path, wrap(SIGNAL, width))
    (thread,) = incident.threads
    names = [frame.function for frame in thread.frames]
    assert names == ["rdbSaveKeyValuePair", "rdbSaveDb", "processPendingCommandAndInputBuffer", "call"]
    assert incident.signal is not None
    assert (incident.signal.number, incident.signal.code) == (11, 128)


def test_clients_are_not_joined_where_a_last_piece_fills_the_column(tmp_path: Path) -> None:
    client = "id={} addr=10.0.0.1:4242 laddr=10.0.0.2:6379 fd=8 name= age=1 idle=0 flags=N db=0 sub=0 psub=0 qbuf=0 "
    end = "events=r cmd=acl|load user=default redir=-1 resp=2"
    lines = [*SIGNAL[:3], "", "------ CLIENT LIST OUTPUT ------", client.format(7).ljust(100, "0") + " " * 4 + end]
    full = client.format(8) + end
    lines += [full.ljust(240, "x"), full.replace("id=8", "id=9"), "", "------ CURRENT CLIENT INFO ------"]
    incident = incident_of(tmp_path, at_column([*lines, full], 120))
    assert incident.clients is not None
    assert incident.clients.count == 3
    assert incident.current_command == "acl|load"


@pytest.mark.parametrize("prefix", ["> ", "    ", "redis-1  | ", "2026-11-22T10:37:00.512345789Z stdout F "])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "*** MEMORY ERROR DETECTED: 0x7f7562f2e010 != 0x7f7a62f2e010 (0 vs 3628486490211109747)",
            "memory-test-failed",
        ),
        ("*** FATAL CONFIG FILE ERROR (Version 8.1.1) ***\nReading the configuration file, at line 8", "fatal-exit"),
        ("26 gc-0657\n" + FRAMES[0] + "\n\n9 redis-server *\n" + FRAMES[1], None),
    ],
)
def test_a_paste_without_a_single_prefix_of_the_servers_comes_out_of_its_wrapper(
    prefix: str, text: str, kind: str | None, tmp_path: Path
) -> None:
    plain = incident_of(tmp_path, text.encode())
    wrapped = incident_of(tmp_path, "".join(prefix + line + "\n" for line in text.split("\n")).encode())
    assert kind is None or plain.kind == kind
    assert (wrapped.kind, wrapped.server, wrapped.threads) == (plain.kind, plain.server, plain.threads)


@pytest.mark.parametrize("escaped", ["_", "_*", "_*[]{}"])
def test_markdown_that_escaped_little_else_is_undone(escaped: str, tmp_path: Path) -> None:
    lines = [*SIGNAL, "", "9 redis-server *", FRAMES[0], "", "------ INFO OUTPUT ------", "# Server"]
    text = "\n".join([*ASSERTION[1:], *lines, "redis_version:7.2.1", "os:Linux 6.1.0 x86_64"]) + "\n"
    content = "".join("\\" + one if one in escaped else one for one in text)
    incident = incident_of(tmp_path, content.encode())
    assert incident.site is not None
    assert incident.site.expression == EXPRESSION
    assert incident.server.arch == "x86_64"
    assert any(thread.name == "redis-server" for thread in incident.threads)


@pytest.mark.parametrize(
    "said", ["- Client closed connection id=7", "* 10 changes in 300 seconds. Saving... it will take"]
)
def test_lines_of_others_between_frames_are_not_broken_lines(said: str, tmp_path: Path) -> None:
    """Frames that begin with a process title, below lines of one length."""
    between = f"4999:M 22 Nov 2026 10:00:00.000 {said} addr=10.0.0.5:4242"
    frames = [part for frame in [*FRAMES, "redis-server *:6379[0x4448f9]"] for part in (between, frame)]
    lines = [*SIGNAL[:3], "", "------ STACK TRACE ------", "EIP:", FRAMES[0], "", between, "Backtrace:", *frames]
    incident = incident_of(tmp_path, ("\n".join(lines) + "\n").encode())
    (thread,) = incident.threads
    assert [frame.function for frame in thread.frames] == [
        "rdbSaveKeyValuePair",
        "rdbSaveDb",
        "processPendingCommandAndInputBuffer",
        "call",
        None,
    ]


@pytest.mark.parametrize("indent", ["    ", "\t", "   "])
def test_a_log_that_is_indented_in_more_prose_is_read(indent: str, tmp_path: Path) -> None:
    prose = [f"Sentence {number} about what we run and how it came to this." for number in range(12)]
    log = [indent + line for line in ASSERTION[:3]]
    incident = incident_of(tmp_path, ("\n".join([*prose, "", *log, "", *prose]) + "\n").encode())
    assert (incident.kind, incident.pid) == (Kind.ASSERTION, 4642)


@pytest.mark.parametrize("prefix", ["2024-05-06T10:37:00.123456+00:00 app[keydb.1]: ", "10:37:00 keydb.1 | "])
def test_keydbs_pid_is_no_part_of_a_prefix(prefix: str, tmp_path: Path) -> None:
    lines = [
        "10603:11460:S 10 Nov 2020 15:17:39.137 # KeyDB 6.0.16 crashed by signal: 11",
        "10603:11460:S 10 Nov 2020 15:17:39.139 # Accessing address: 0x8",
    ]
    incident = incident_of(tmp_path, "".join(prefix + line + "\n" for line in lines).encode())
    assert (incident.pid, incident.role, incident.server.version) == (10603, "replica", "6.0.16")

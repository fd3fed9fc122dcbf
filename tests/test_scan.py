"""The scan of whole logs: counts that grep confirms, formats, floods, starts, and logs damaged or foreign."""

import re
from pathlib import Path

import numpy as np
import pytest
from log_facts import Chunks

from triage.intake import open_inputs
from triage.logs import flood_tables, scan_told
from triage.logs.blocks import LONGEST_LINE
from triage.logs.scan import scan
from triage.logs.scan_matchers import matcher_of
from triage.logs.scanned import LogScan
from triage.model import Instant

FIXTURES = Path(__file__).parent.parent / "fixtures"
FLAGSHIP = FIXTURES / "flagship-stock-verbose" / "server.log.zst"
CONTROL = FIXTURES / "control-801" / "server.log"


def scan_file(path: Path) -> LogScan:
    return scan(open_inputs([str(path)])[0])


def scan_bytes(*chunks: bytes) -> LogScan:
    return scan(Chunks(chunks))


@pytest.fixture(scope="module")
def flagship() -> LogScan:
    return scan_file(FLAGSHIP)


@pytest.fixture(scope="module")
def flagship_lines() -> list[str]:
    return b"".join(open_inputs([str(FLAGSHIP)])[0].blocks()).decode().split("\n")[:-1]


FLAGSHIP_COUNTS = {
    "accepted": r"\d+:[A-Z] .{24} - Accepted \S+:\d+$",
    "client_closed": r"\d+:[A-Z] .{24} - Client closed connection",
    "tls_error": r"\d+:[A-Z] .{24} . (Error accepting a client connection|Reading from client): ",
}


@pytest.mark.parametrize(("flood", "pattern"), FLAGSHIP_COUNTS.items())
def test_floods_hold_the_lines_that_grep_finds(
    flagship: LogScan, flagship_lines: list[str], flood: str, pattern: str
):
    expected = [(number, line) for number, line in enumerate(flagship_lines, 1) if re.match(pattern, line)]
    table = flagship.floods[flood]
    assert table.total == len(expected) > 3000
    assert table.dropped == 0
    assert table.lines.tolist() == [number for number, _ in expected]
    assert list(table.texts) == [line for _, line in expected]
    assert table.texts[-1] == expected[-1][1]


@pytest.mark.parametrize(("level", "letter"), [("debug", "."), ("verbose", "-"), ("notice", "*"), ("warning", "#")])
def test_levels_are_counted(flagship: LogScan, flagship_lines: list[str], level: str, letter: str):
    expected = sum(bool(re.match(rf"\d+:[A-Z] .{{24}} {re.escape(letter)} ", line)) for line in flagship_lines)
    assert flagship.histogram is not None
    assert flagship.histogram.counts[level].sum() == expected


def test_a_whole_log_is_recognised(flagship: LogScan):
    assert (flagship.coverage.lines, flagship.coverage.unrecognised) == (16518, 0)
    assert (flagship.format, flagship.timestamp_format) == ("legacy", "legacy")
    assert str(flagship.first_time) == "2026-11-22T11:24:57.615"
    assert str(flagship.last_time) == "2026-11-22T11:28:28.471"
    assert [(span.pid, span.lines) for span in flagship.pids] == [(16773, 16033), (17057, 2)]


def test_the_histogram_is_in_seconds_of_the_wall_clock(flagship: LogScan):
    histogram = flagship.histogram
    assert histogram is not None
    assert (histogram.bucket_seconds, len(histogram.counts["warning"])) == (1, 212)
    accepted = flagship.floods["accepted"]
    second = (accepted.times - histogram.start_ms) // 1000
    assert np.array_equal(np.bincount(second, minlength=212), histogram.counts["accepted"])


def test_flood_fields_are_the_named_groups(flagship: LogScan):
    accepted, closed, errors = (flagship.floods[name] for name in ("accepted", "client_closed", "tls_error"))
    assert (accepted.fields["addr"][0], accepted.fields["addr"][-1]) == ("127.0.0.1:33624", "127.0.0.1:41816")
    assert (closed.fields["id"][-1], closed.fields["laddr"][-1]) == ("7976", "127.0.0.1:18110")
    assert set(errors.fields["stage"]) == {"accepting", "reading"}
    assert list(errors.fields["stage"]).count("accepting") == 1697
    assert errors.fields["reason"][0] == "error:0A000126:SSL routines::unexpected eof while reading"


TLS_LINES = {
    "Error accepting a client connection: error:0A00009C:SSL routines::http request (addr=[::1]:1 laddr=[::1]:2)": (
        "accepting", "error:0A00009C:SSL routines::http request", "[::1]:1", "[::1]:2",
    ),
    "Error accepting a client connection: (null) (addr= laddr=10.0.0.1:6379)": (
        "accepting", "(null)", "", "10.0.0.1:6379",
    ),
    "Error accepting a client connection: error:00000005:lib(0)::reason(5) (addr=10.0.0.2:4 laddr=10.0.0.1:6379)": (
        "accepting", "error:00000005:lib(0)::reason(5)", "10.0.0.2:4", "10.0.0.1:6379",
    ),
    "Error accepting a client connection: ": ("accepting", "", None, None),
    "Error accepting a client connection: Connection reset by peer (conn: fd=9)": (
        "accepting", "Connection reset by peer", None, None,
    ),
    "Error accepting cluster node connection: error:1408F10B:SSL routines:ssl3_get_record:wrong version number": (
        "cluster", "error:1408F10B:SSL routines:ssl3_get_record:wrong version number", None, None,
    ),
    "Error condition on socket for SYNC: Connection refused": ("condition", "Connection refused", None, None),
    "Reading from client: Connection reset by peer": ("reading", "Connection reset by peer", None, None),
    "I/O error reading from client: Broken pipe": ("reading", "Broken pipe", None, None),
    "Error writing to client: Connection timed out": ("writing", "Connection timed out", None, None),
}  # fmt: skip


@pytest.mark.parametrize(("message", "values"), TLS_LINES.items())
def test_every_failing_stage_is_told_apart(message: str, values: tuple[str | None, ...]):
    table = scan_bytes(f"7:M 22 Nov 2026 10:00:00.000 # {message}\n".encode()).floods["tls_error"]
    assert table.total == 1
    assert tuple(table.fields[name][0] for name in ("stage", "reason", "addr", "laddr")) == values


PREFIXES = {
    "legacy": ("1234:M 12 Mar 2025 10:00:00.123 # ", "legacy", "legacy", "2025-03-12T10:00:00.123"),
    "iso8601": ("1:S 2025-03-12T10:00:00.123+01:00 # ", "legacy", "iso8601", "2025-03-12T10:00:00.123+01:00"),
    "behind UTC": ("1:S 2025-03-12T10:00:00.123-03:30 # ", "legacy", "iso8601", "2025-03-12T10:00:00.123-03:30"),
    "milliseconds": ("4194303:X 1741770000123 # ", "legacy", "milliseconds", "2025-03-12T09:00:00.123+00:00"),
    "no year": ("1234:C 12 Mar 10:00:00.123 # ", "legacy", "legacy", "--03-12T10:00:00.123"),
    "old": ("[1234] 12 Mar 10:00:00.123 # ", "old", "legacy", "--03-12T10:00:00.123"),
    "oldest": ("[1234] 12 Mar 10:00:00 # ", "old", "legacy", "--03-12T10:00:00.000"),
    "logfmt": (
        'pid=8 role=RDB/AOF timestamp="12 Mar 2025 10:00:00.123" level=warning message="',
        "logfmt",
        "legacy",
        "2025-03-12T10:00:00.123",
    ),
    "logfmt in milliseconds": (
        'pid=81 role=sentinel timestamp="1741770000123" level=info message="',
        "logfmt",
        "milliseconds",
        "2025-03-12T09:00:00.123+00:00",
    ),
    "time removed": ("1234:M  # ", "legacy", None, "None"),
}


@pytest.mark.parametrize(("prefix", "form", "stamps", "time"), PREFIXES.values(), ids=PREFIXES)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""], ids=["LF", "CRLF", "no end"])
def test_every_prefix_is_read(prefix: str, form: str, stamps: str | None, time: str, end: str):
    closing = '"' if form == "logfmt" else ""
    found = scan_bytes(f"{prefix}Running mode=cluster, port=6379.{closing}{end}".encode())
    assert (found.format, found.timestamp_format, str(found.first_time)) == (form, stamps, time)
    assert found.coverage.unrecognised == 0
    (line,) = found.notable
    assert (line.name, line.message, line.fields["mode"]) == ("mode", "Running mode=cluster, port=6379.", "cluster")
    assert str(line.time) == time
    assert (line.level, line.role) == (
        "verbose" if "level=info" in prefix else "warning",
        {"1234:M": "M", "1:S": "S", "4194303:X": "X", "1234:C": "C"}.get(prefix.partition(" ")[0])
        or {"RDB/AOF": "C", "sentinel": "X"}.get(prefix.partition("role=")[2].partition(" ")[0]),
    )


HANDLER_TIMES = {
    "UTC, nothing near": ("", None, "2025-03-12T09:00:00.000+00:00"),
    "an hour east": ("", "7:M 12 Mar 2025 10:00:00.120 # User requested shutdown...", "2025-03-12T10:00:00.000"),
    "the line before": ("7:M 12 Mar 2025 04:29:58.001 * Ready", None, "2025-03-12T04:30:00.000"),
    "the line behind is nearer": (
        "7:M 12 Mar 2025 03:00:00.000 * Ready",
        "7:M 12 Mar 2025 10:00:00.120 # User requested shutdown...",
        "2025-03-12T10:00:00.000",
    ),
}


@pytest.mark.parametrize(("before", "after", "time"), HANDLER_TIMES.values(), ids=HANDLER_TIMES)
def test_a_signal_handlers_line_is_put_on_the_logs_clock(before: str, after: str | None, time: str):
    handler = "7:signal-handler (1741770000) Received SIGTERM scheduling shutdown..."
    text = "\n".join(filter(None, (before, handler, after))) + "\n"
    line = next(line for line in scan_bytes(text.encode()).notable if line.name == "shutdown_signal")
    assert (str(line.time), line.pid) == (time, 7)


def test_an_empty_message_without_its_blank_is_a_line():
    found = scan_bytes(b"1234:M 12 Mar 2025 10:00:00.123 #\n1234:M 12 Mar 2025 10:00:00.124 # \n")
    assert found.coverage.unrecognised == 0
    assert found.pids[0].lines == 2


def test_starts_keep_the_lines_before_them():
    data = CONTROL.read_bytes()
    found = scan_bytes(data, data)
    second = next(line for line in sorted(found.before_start) if line > found.coverage.lines // 2)
    before = found.before_start[second]
    assert [raw.line for raw in before] == list(range(second - 10, second))
    assert before[-1].text.partition(" # ")[2].startswith("WARNING")


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 16])
def test_chunking_makes_no_difference(flagship: LogScan, size: int):
    data = b"".join(open_inputs([str(FLAGSHIP)])[0].blocks())[-40_000 * min(size, 50) :]
    whole, parts = scan_bytes(data), scan_bytes(*(data[at : at + size] for at in range(0, len(data), size)))
    assert whole.coverage == parts.coverage
    assert whole.regions == parts.regions
    assert whole.floods["accepted"].lines.tolist() == parts.floods["accepted"].lines.tolist()


def test_blocks_join_seamlessly(flagship: LogScan, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("triage.logs.blocks.BLOCK_BYTES", 10_000)
    small = scan_file(FLAGSHIP)
    assert (small.coverage, small.regions, small.pids) == (flagship.coverage, flagship.regions, flagship.pids)
    assert small.notable == flagship.notable
    assert small.before_start == flagship.before_start
    for name, table in flagship.floods.items():
        assert small.floods[name].lines.tolist() == table.lines.tolist()
        assert {key: list(column) for key, column in small.floods[name].fields.items()} == {
            key: list(column) for key, column in table.fields.items()
        }


def test_fields_are_read_from_lines_whose_shape_is_not_remembered(flagship: LogScan, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("triage.logs.line_masks.MOST_MASKS", 0)
    matcher_of.cache_clear()
    try:
        table = scan_file(FLAGSHIP).floods["client_closed"]
        assert {name: list(column) for name, column in table.fields.items()} == {
            name: list(column) for name, column in flagship.floods["client_closed"].fields.items()
        }
    finally:
        matcher_of.cache_clear()


def test_only_the_newest_flood_lines_and_those_before_reports_are_kept(
    flagship: LogScan, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("triage.logs.blocks.BLOCK_BYTES", 20_000)
    monkeypatch.setattr(flood_tables, "MOST_RECENT", 500)
    text = b"".join(open_inputs([str(FLAGSHIP)])[0].blocks())
    ordinary = b"\n".join(line for line in text.splitlines() if b"Accepted" in line) + b"\n"
    found = scan(Chunks((text, ordinary)))
    table, whole = found.floods["accepted"], flagship.floods["accepted"]
    assert table.total == 2 * whole.total
    assert table.dropped == table.total - len(table.lines)
    report = found.regions[0].lines[0].line
    before = whole.lines[whole.lines < report].tolist()
    assert set(before[-500:]) <= set(table.lines.tolist())
    assert not set(before[300:-2000]) & set(table.lines.tolist())
    assert 500 <= len(table.lines) - table.gaps[-1] < 800


def test_buckets_widen_over_a_long_log():
    days = [f"1:M {1 + day % 28:02} Jan {1971 + day // 28} 10:00:00.000 # x" for day in range(0, 1500, 7)]
    histogram = scan_bytes("\n".join(days).encode()).histogram
    assert histogram is not None
    assert histogram.counts["warning"].sum() == len(days)
    assert len(histogram.counts["warning"]) <= 20_000
    start = Instant(histogram.start_ms + 1000 * histogram.bucket_seconds * int(histogram.counts["warning"].argmax()))
    assert str(start) <= "1971-01-01T10:00:00.000"


def test_a_line_without_end_is_cut(flagship: LogScan):
    piece = b"x" * (1 << 20)
    found = scan_bytes(b"1:M 22 Nov 2026 10:00:00.000 # ", *[piece] * 40, b"\n1:M 22 Nov 2026 10:00:01.000 * Bye\n")
    assert (found.coverage.lines, found.pids[0].lines) == (2, 2)
    assert "1 MiB" in found.problems[0].message


def test_a_last_line_without_end_is_cut():
    found = scan_bytes(*[b"x" * LONGEST_LINE] * 9)
    assert found.coverage.lines == 1
    assert "longer than" in found.problems[0].message


def test_nul_bytes_of_a_truncated_file_are_skipped():
    line = b"1:M 22 Nov 2026 10:00:00.000 * Running mode=standalone, port=6379.\n"
    found = scan_bytes(line, b"\0" * (20 << 20), line)
    assert (found.coverage.unrecognised, len(found.notable)) == (0, 2)
    assert "NUL" in found.problems[0].message


def test_colours_do_not_hide_lines():
    found = scan_bytes(b"\x1b[33m1:M 22 Nov 2026 10:00:00.000 * \x1b[0mReady to accept connections tcp\x1b[0m\n")
    assert [line.name for line in found.notable] == ["ready"]


def test_invalid_utf8_is_shown_escaped():
    found = scan_bytes(b"1:M 22 Nov 2026 10:00:00.000 * Module '\xff\xfe' loaded from /a.so\n")
    assert found.notable[0].fields["name"] == "\\xff\\xfe"


FOREIGN = {
    "nginx": b'127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 612\n',
    "kernel": b"[    1.234567] usb 1-1: new high-speed USB device number 2\n",
    "prose": b"The quick brown fox\n",
    "noise": bytes(range(256)) + b"\n",
}


@pytest.mark.parametrize("line", FOREIGN.values(), ids=FOREIGN)
def test_another_programs_lines_are_counted_as_unrecognised(line: bytes):
    found = scan_bytes(line * 100)
    assert found.coverage.unrecognised >= 100
    assert (found.format, found.first_time, found.histogram) == (None, None, None)
    assert (found.pids, found.regions, found.notable) == ((), (), ())


READY = b"1:M 22 Nov 2026 10:00:00.000 * Ready to accept connections tcp\n"


@pytest.mark.parametrize(("limit", "kept"), [("MOST_LINES", 10), ("MOST_OF_A_NAME", 10), ("MOST_BYTES", 1)])
def test_too_many_lines_about_a_servers_life_are_a_problem(limit: str, kept: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scan_told, limit, 10)
    found = scan_bytes(READY * 15)
    assert len(found.notable) == kept
    assert found.problems[0].message.startswith(f"{15 - kept} lines")


def test_a_flood_of_one_kind_leaves_room_for_what_tells_of_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scan_told, "MOST_OF_A_NAME", 10)
    found = scan_bytes(READY * 15 + b"1:M 22 Nov 2026 10:00:00.000 # Redis is now ready to exit, bye bye...\n")
    assert [line.name for line in found.notable] == ["ready"] * 10 + ["bye"]


def test_of_an_endless_line_about_a_servers_life_the_beginning_is_kept():
    (line,) = scan_bytes(READY[:-1] + b"x" * 500_000 + b"\n").notable
    assert len(line.text) == len(line.message) == scan_told.LONGEST_TEXT


def test_progress_tells_the_bytes_read():
    seen: list[int] = []
    data = CONTROL.read_bytes()
    scan(Chunks((data,)), seen.append)
    assert seen[-1] == len(data)


def test_an_empty_stream_is_an_empty_scan():
    found = scan_bytes()
    assert (found.coverage.lines, found.format, found.regions) == (0, None, ())
    assert set(found.floods) == {"accepted", "client_closed", "tls_error"}


LOGOS = (
    """
                _._
           _.-``__ ''-._
      _.-``    `.  `_.  ''-._           Redis 6.2.16 (00000000/0) 64 bit
  .-`` .-```.  ```\\/    _.,_ ''-._
 (    '      ,       .-`  | `,    )     Running in standalone mode
 |`-._`-...-` __...-.``-._|'` _.-'|     Port: 6379
 |    `-._   `._    /     _.-'    |     PID: 71
  `-._    `-._  `-./  _.-'    _.-'
 |    `-._`-._        _.-'_.-'    |           https://redis.io
              `-.__.-'
""",
    """
                .+^+.
            .+#########+.
        .+########+########+.           Valkey 8.1.1 (00000000/0) 64 bit
    .+########+'     '+########+.
 .########+'     .+.     '+########.    Running in cluster mode
 |####+'     .+#######+.     '+####|    Port: 6379
 |###|   |#####*'' ''*#####|   |###|    PID: 1
            '+#########+'                https://valkey.io
""",
)


@pytest.mark.parametrize("logo", LOGOS, ids=["redis", "valkey"])
def test_the_logo_is_recognised(logo: str):
    found = scan_bytes(logo.encode())
    assert found.coverage.unrecognised == 0
    assert [line.name for line in found.notable] == ["logo_version", "logo_mode"]

"""What comes out of a wrapper is the server's own log, and every line keeps its number in the file."""

import io
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from expectations import FIXTURES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wrapping import STAMP, WRAPPERS, at_column, docker_json, docker_piece, prefixed

from triage.intake import Stream, logs_of, open_inputs, unwrap
from triage.intake.chunk import chunked

LOG = (FIXTURES / "lab2-13-v801-assert-hide-no" / "server.log").read_bytes().replace(b"\r\n", b"\n")
LINES = LOG.split(b"\n")[:-1]
OTHER = (FIXTURES / "lab2-50-r806-neg-sigterm-normal" / "server.log").read_bytes().split(b"\n")[:-1]


def streams(path: Path) -> Iterator[tuple[Stream, bytes]]:
    for log in logs_of(open_inputs([str(path)])):
        for stream in unwrap(log):
            yield stream, b"".join(stream.blocks())


def unwrapped(path: Path, content: bytes) -> dict[str, tuple[Stream, bytes]]:
    path.write_bytes(content)
    return {stream.name: (stream, data) for stream, data in streams(path)}


def numbers(stream: Stream, count: int) -> list[int]:
    return stream.original_lines(np.arange(1, count + 1)).tolist()


@pytest.mark.parametrize("name", WRAPPERS)
def test_the_log_in_a_wrapper_comes_out_as_it_was(name: str, tmp_path: Path) -> None:
    called, wrap = WRAPPERS[name]
    ((stream, data),) = unwrapped(tmp_path / "x.log", wrap(LINES)).values()
    assert stream.wrapper == called
    assert data.replace(b"\r\n", b"\n") == LOG


@pytest.mark.parametrize("name", WRAPPERS)
def test_every_line_keeps_its_number_in_the_file(name: str, tmp_path: Path) -> None:
    content = WRAPPERS[name][1](LINES)
    ((stream, data),) = unwrapped(tmp_path / "x.log", content).values()
    begins = [content.split(b"\n")[number - 1] for number in numbers(stream, data.count(b"\n"))]
    for line, begin in zip(data.split(b"\n"), begins, strict=False):
        word = line[:30].split(b"\t")[0].split(b'"')[0].split(b"'")[0].split(b"&")[0].split(b"<")[0].split(b">")[0]
        assert word in begin.replace(b"=3D", b"=") or b"MESSAGE" in begin


def test_a_plain_log_passes_untouched(tmp_path: Path) -> None:
    ((stream, data),) = unwrapped(tmp_path / "x.log", LOG).values()
    assert (stream.wrapper, stream.moved, data) == (None, False, LOG)


def test_keydbs_pid_and_thread_are_no_line_numbers(tmp_path: Path) -> None:
    log = b"".join(b"10603:11460:S 10 Nov 2020 15:17:39.137 # line %d\n" % number for number in range(9))
    ((stream, data),) = unwrapped(tmp_path / "x.log", log).values()
    assert (stream.wrapper, data) == (None, log)


def test_two_services_of_one_file_become_two_logs(tmp_path: Path) -> None:
    turns: list[bytes] = []
    for number in range(max(len(LINES), len(OTHER))):
        turns += [b"cache-1   | " + line for line in LINES[number : number + 1]]
        turns += [b"session-1 | " + line for line in OTHER[number : number + 1]]
    found = unwrapped(tmp_path / "x.log", b"\n".join(turns) + b"\n")
    logs = {name.rpartition("/")[2]: data for name, (_, data) in found.items()}
    assert logs == {"x.log [cache-1]": LOG, "x.log [session-1]": b"\n".join(OTHER) + b"\n"}
    for stream, data in found.values():
        for line, number in zip(data.split(b"\n"), numbers(stream, data.count(b"\n")), strict=False):
            assert turns[number - 1].endswith(b"| " + line)


def test_a_service_that_starts_late_is_found(tmp_path: Path) -> None:
    early = prefixed(b"cache-1   | ")(OTHER * 700)
    assert len(early) > 1 << 20
    found = unwrapped(tmp_path / "x.log", early + prefixed(b"session-1 | ")(LINES))
    assert [data for _, data in found.values()][1] == LOG


def test_a_wrapper_that_begins_in_the_middle_of_the_file_is_seen(tmp_path: Path) -> None:
    plain = b"\n".join(OTHER * 300) + b"\n"
    ((stream, data),) = unwrapped(tmp_path / "x.log", plain + docker_json(LINES * 100)).values()
    assert stream.wrapper == "docker-json"
    assert data == plain + LOG * 100


def test_a_wrapper_around_the_last_lines_of_a_long_file_is_seen(tmp_path: Path) -> None:
    plain = (LOG * (300_000 // len(LOG))).splitlines()
    content = b"\n".join([*plain, prefixed(b"valkey-1  | ")(LINES)])
    ((stream, data),) = unwrapped(tmp_path / "x.log", content).values()
    assert (stream.wrapper, data.count(b"valkey-1")) == ("compose", 0)


def test_an_issue_with_a_log_in_a_wrapper_keeps_its_prose(tmp_path: Path) -> None:
    prose = b"**Describe the bug**\n\nIt crashed.\n\n```\n"
    content = prose + prefixed(b"[pod/valkey-0/valkey] ")(LINES) + b"```\n\n**To reproduce**\n\nNo idea.\n"
    ((stream, data),) = unwrapped(tmp_path / "x.md", content).values()
    assert stream.wrapper == "kubectl"
    assert data == prose + LOG + b"```\n\n**To reproduce**\n\nNo idea.\n"
    assert numbers(stream, 6)[5] == 6


def test_newest_first_is_turned_round(tmp_path: Path) -> None:
    lines = [b"1:M 22 Nov 2026 10:00:%02d.000 * line %d" % (number % 60, number) for number in range(60)]
    ((stream, data),) = unwrapped(tmp_path / "x.log", b"\n".join(reversed(lines)) + b"\n").values()
    assert data == b"\n".join(lines) + b"\n"
    assert [stream.place(number)[1] for number in numbers(stream, 60)] == list(range(60, 0, -1))


REPORT = (FIXTURES / "pub-redis-1043" / "report.log").read_bytes().replace(b"\r\n", b"\n").split(b"\n")[:-1]


@pytest.mark.parametrize("name", ["docker json-file", "compose", "journalctl", "grep -Hn", "a quote of kubectl"])
@pytest.mark.parametrize("lines", [LINES, REPORT], ids=["stamps of one second", "stamps without a year"])
def test_a_report_with_hardly_a_stamp_is_turned_round(lines: list[bytes], name: str, tmp_path: Path) -> None:
    wrapped = WRAPPERS[name][1](lines).split(b"\n")[:-1]
    ((_, data),) = unwrapped(tmp_path / "x.log", b"\n".join(reversed(wrapped)) + b"\n").values()
    assert data == b"\n".join(lines) + b"\n"


@pytest.mark.parametrize(
    "stamp",
    [
        lambda second: b"Nov 22 10:37:%02d db-7 valkey[9]: " % second,
        lambda second: b"%d\t" % (1761034658696 + 1000 * second),
        lambda second: b"cache-1  | 2026-11-22T10:37:%02d.5Z " % second,
    ],
    ids=["syslog", "epoch", "compose"],
)
def test_the_wrappers_stamps_tell_of_lines_that_go_back(stamp: Callable[[int], bytes], tmp_path: Path) -> None:
    lines = [b"1:M * line %d" % number for number in range(20)]
    wrapped = [stamp(number) + line for number, line in enumerate(lines)]
    ((_, data),) = unwrapped(tmp_path / "x.log", b"\n".join(reversed(wrapped)) + b"\n").values()
    assert data == b"\n".join(lines) + b"\n"


def test_newest_first_in_utf_16_is_turned_round(tmp_path: Path) -> None:
    lines = [b"1:M 22 Nov 2026 10:00:%02d.000 * line %d" % (number, number) for number in range(60)]
    content = b"\n".join(reversed(lines)).decode().encode("utf-16")
    ((_, data),) = unwrapped(tmp_path / "x.log", content).values()
    assert data == b"\n".join(lines) + b"\n"


def test_one_wrapper_after_another_is_one_writer(tmp_path: Path) -> None:
    half = len(LINES) // 2
    first, second = WRAPPERS["journalctl"][1], WRAPPERS["syslog of RFC 5424"][1]
    ((_, data),) = unwrapped(tmp_path / "x.log", first(LINES[:half]) + second(LINES[half:])).values()
    assert data == LOG


def test_the_dots_of_a_memory_test_are_no_file(tmp_path: Path) -> None:
    log = LOG + b"......................31547:signal-handler (1795345908) Crashed running signal handler.\n" * 3
    ((stream, data),) = unwrapped(tmp_path / "x.log", log).values()
    assert (stream.wrapper, data) == (None, log)


def test_the_files_that_grep_names_are_logs_of_their_own(tmp_path: Path) -> None:
    content = prefixed(b"node-1.log:")(LINES) + prefixed(b"node-2.log:")(OTHER)
    found = unwrapped(tmp_path / "x.log", content)
    assert [data for _, data in found.values()] == [LOG, b"\n".join(OTHER) + b"\n"]


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    ((_, data),) = unwrapped(tmp_path / "x.log", b"\xef\xbb\xbf" + LOG).values()
    assert data == LOG


def test_markdowns_escapes_are_undone(tmp_path: Path) -> None:
    content = LOG.replace(b" # ", b" \\# ").replace(b"===", b"\\=\\=\\=")
    ((_, data),) = unwrapped(tmp_path / "x.md", content).values()
    assert data == LOG


def test_the_octal_numbers_of_syslog_are_lines_again(tmp_path: Path) -> None:
    message = b"Nov 22 10:37:00 db-7 valkey[9]: "
    content = prefixed(message)(
        [*LINES[:3], b"#012------ INFO OUTPUT ------#012# Server#015#012redis_version:7.2.4#015", LINES[4]]
    )
    ((stream, data),) = unwrapped(tmp_path / "x.log", content).values()
    assert data.split(b"\n")[3:7] == [b"", b"------ INFO OUTPUT ------", b"# Server", b"redis_version:7.2.4"]
    assert numbers(stream, 8)[3:] == [4, 4, 4, 4, 5]


def test_a_server_that_writes_to_syslog_itself_gets_its_pid_and_time_back(tmp_path: Path) -> None:
    message = b"Nov  2 10:37:00 db-7 valkey-server[19484]: "
    ((stream, data),) = unwrapped(
        tmp_path / "x.log", prefixed(message)([b"Ready to accept connections tcp"] * 3)
    ).values()
    assert data == b"[19484] 02 Nov 10:37:00 * Ready to accept connections tcp\n" * 3
    assert stream.wrapper == "journald-short"


def test_what_systemd_says_of_the_unit_divides_no_report(tmp_path: Path) -> None:
    from_systemd = b"Nov 22 10:37:00 db-7 systemd[1]: "
    wrapped = WRAPPERS["journalctl"][1](LINES).split(b"\n")[:-1]
    said = b"valkey.service: Main process exited, code=dumped, status=11/SEGV"
    content = b"\n".join([*wrapped[:40], from_systemd + said, *wrapped[40:]]) + b"\n"
    ((_, data),) = unwrapped(tmp_path / "x.log", content).values()
    assert data == b"\n".join([*LINES[:40], said, *LINES[40:]]) + b"\n"


def test_the_files_that_tail_follows_are_logs_of_their_own(tmp_path: Path) -> None:
    one, two = b"==> /var/log/node-1.log <==\n", b"==> /var/log/node-2.log <==\n"
    mine, other = (b"".join(line + b"\n" for line in lines) for lines in (LINES, OTHER))
    begin, end = (b"".join(line + b"\n" for line in part) for part in (LINES[:30], LINES[30:]))
    found = unwrapped(tmp_path / "x.log", one + begin + b"\n" + two + other + b"\n" + one + end)
    assert {name.rpartition("[")[2]: data for name, (_, data) in found.items()} == {
        "/var/log/node-1.log]": mine,
        "/var/log/node-2.log]": other,
    }
    assert {stream.wrapper for stream, _ in found.values()} == {"tail"}


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        (b"```", b"```"),
        (b"<pre>", b"</pre>"),
        (b'<pre class="code">', b"</pre>"),
        (b'<pre><code class="log">', b"</code></pre>"),
        (b"{noformat}", b"{noformat}"),
        (b"{code:title=valkey.log}", b"{code}"),
    ],
)
def test_a_fence_in_the_line_that_it_opens_or_closes_is_no_part_of_it(
    opened: bytes, closed: bytes, tmp_path: Path
) -> None:
    ((_, data),) = unwrapped(tmp_path / "x.txt", b"It died:\n" + opened + LOG[:-1] + closed + b"\nHelp!\n").values()
    assert data == b"It died:\n" + LOG + b"Help!\n"


def test_the_dashes_and_quotes_of_a_word_processor_are_straight_again(tmp_path: Path) -> None:
    bent = LOG.decode().replace("------", "———").replace("'1 == 2'", "‘1 == 2’")
    ((_, data),) = unwrapped(tmp_path / "x.txt", bent.encode()).values()
    assert data == LOG


def test_what_a_terminal_was_told_is_no_part_of_the_log(tmp_path: Path) -> None:
    prompt = b"\x1b]0;root@db-7: ~\x07\x1b[?2004hroot@db-7:~# "
    ((_, data),) = unwrapped(tmp_path / "x.txt", prompt + b"cat valkey.log\r\n\x1b[?2004l\r" + LOG).values()
    assert data == b"root@db-7:~# cat valkey.log\r\n\n" + LOG


def test_blocks_that_never_reached_the_disk_hide_no_log(tmp_path: Path) -> None:
    at = LOG.index(b"\n", len(LOG) // 2) + 1
    ((_, data),) = unwrapped(tmp_path / "x.log", LOG[:at] + bytes(8192) + LOG[at:]).values()
    assert data.replace(b"\0", b"") == LOG


def test_words_that_were_broken_at_a_column_are_joined(tmp_path: Path) -> None:
    said = [
        f"1:M 22 Nov 2026 10:00:{n:02}.000 # Words of some length number {n} " + "and more " * (n % 9 + 5)
        for n in range(40)
    ]
    broken = "\n".join(part for line in said for part in textwrap.wrap(line, 76, break_on_hyphens=False)) + "\n"
    ((stream, data),) = unwrapped(tmp_path / "x.log", broken.encode()).values()
    assert stream.wrapper == "line-breaks"
    assert data.decode().splitlines() == [line.rstrip() for line in said]


def test_frames_that_were_broken_before_their_address_are_joined(tmp_path: Path) -> None:
    """A frame that an editor broke at the blank before its address, and frames that are nothing but an address."""
    log = (FIXTURES / "lab2-10-v912-segfault-tls-cluster" / "server.log").read_text().replace("\r\n", "\n")
    lines = [part for line in log.split("\n") for part in textwrap.wrap(line, 80, break_long_words=False) or [""]]
    ((_, data),) = unwrapped(tmp_path / "x.log", "\n".join(lines).encode()).values()
    frames = [line for line in log.split("\n") if line.startswith("/") and line.endswith("]")]
    assert len(frames) > 50
    assert [line for line in data.decode().split("\n") if line.startswith("/") and "[0x" in line] == frames


def test_a_layer_with_nothing_inside_adds_no_line(tmp_path: Path) -> None:
    """Found by fuzzing: a wrapper inside an export, of which a whole block held nothing of the log."""
    heading = b"Sun 2026-11-22 10:37:00.512345 UTC [s=9f0c;i=1a2b;b=3c]\n    _PID=31200\n"
    quoted = at_column(80, b"> ")(LINES).split(b"\n")[:-1]
    content = WRAPPERS["journalctl -o verbose"][1](quoted) + heading * 40_000
    ((stream, data),) = unwrapped(tmp_path / "x.log", content).values()
    assert (stream.wrapper, data) == ("journald-verbose", LOG)


def test_klogs_prefix_becomes_the_servers(tmp_path: Path) -> None:
    line = STAMP + b" I0409 13:33:45.899929       1 *:174] 19:M Caching the disconnected primary state.\n"
    ((_, data),) = unwrapped(tmp_path / "x.log", line * 2).values()
    assert data == b"19:M 09 Apr 13:33:45.899 * Caching the disconnected primary state.\n" * 2


def test_a_piece_whose_end_never_comes_is_not_lost(tmp_path: Path) -> None:
    content = docker_json(LINES[:5]) + docker_piece(b"19:M 22 Nov 2026 10:00:00.000 * cut", False)
    ((_, data),) = unwrapped(tmp_path / "x.log", content).values()
    assert data.endswith(b"* cut\n")


def test_utf_16_of_powershell_is_read(tmp_path: Path) -> None:
    ((_, data),) = unwrapped(tmp_path / "x.log", LOG.decode().encode("utf-16")).values()
    assert data == LOG


def spliced(wrapped: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    for at, length, junk in cuts:
        start = at % (len(wrapped) + 1)
        wrapped = wrapped[:start] + junk + wrapped[start + length :]
    return wrapped


cuts = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 2000), st.binary(max_size=40)), max_size=5)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(WRAPPERS)), cuts=cuts)
def test_damage_is_survived_and_line_numbers_stay_inside_the_file(name: str, cuts: list, tmp_path: Path) -> None:
    damaged = spliced(WRAPPERS[name][1](LINES), cuts)
    path = tmp_path / "x.log"
    path.write_bytes(damaged or b"\n")
    for stream, data in streams(path):
        lines = data.count(b"\n")
        found = numbers(stream, lines)
        assert all(1 <= number <= damaged.count(b"\n") + 1 for number in found)


@settings(deadline=None, max_examples=100)
@given(content=st.binary(max_size=3000), size=st.integers(1, 700))
def test_the_chunking_of_a_file_makes_no_difference(content: bytes, size: int) -> None:
    blocks = [content[at : at + size] for at in range(0, len(content), size)]
    whole = b"".join(chunk.data for chunk in chunked(blocks))
    assert whole == (content if content.endswith(b"\n") or not content else content + b"\n")
    assert io.BytesIO(whole).readlines() == [line + b"\n" for chunk in chunked([content]) for line in chunk.lines()]

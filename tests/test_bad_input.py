"""Input that is damaged, hostile or no log at all: a clear message, the right exit code, bounded memory."""

import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from command import COMMAND, Done, triage
from expectations import FIXTURES

LOG = (FIXTURES / "lab2-10-v912-segfault-tls-cluster" / "server.log").read_bytes()
CALM = (FIXTURES / "lab2-50-r806-neg-sigterm-normal" / "server.log").read_bytes()
MOST_MEMORY = 300 << 20
"""A few compressed bytes become one piece of tens of megabytes before anybody can stop it."""
MIB = 1 << 20
LONG_LINE_MIB = 500
RESTARTS = 3000
NGINX = b'10.0.0.9 - - [24/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.5.0"\n' * 50
POSTGRES = b"2026-11-24 10:00:00.123 UTC [4711] LOG:  database system is ready to accept connections\n" * 50
JAVA = b"24 Nov 2026 10:00:00,123 [main] ERROR c.e.Main - java.lang.Error\n\tat c.e.Main.run(Main.java:5)\n" * 50
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + bytes(4000)


def json_of(path: object, **options: object) -> tuple[Done, dict]:
    done = triage("analyze", path, "--format", "json", "-o", "-", **options)
    return done, json.loads(done.stdout) if done.stdout else {}


# The kernel counts what a process held before it executed another program as that program's, so the tests' own memory
# would be measured with it: a small process stands in between.
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


def measured(feed: Iterator[bytes], *arguments: str) -> tuple[Done, int]:
    """Run with ``feed`` on standard input; also the greatest resident memory of the run in bytes."""
    with (
        tempfile.NamedTemporaryFile() as kept,
        subprocess.Popen(
            [sys.executable, "-c", MEASURE, kept.name, *COMMAND, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        writer = threading.Thread(target=write_all, args=(process.stdin, feed))
        writer.start()
        stdout, stderr = process.stdout.read(), process.stderr.read()
        writer.join()
        code = process.wait()
        memory = int(Path(kept.name).read_text()) * 1024
    assert b"Traceback" not in stderr, stderr.decode()
    return Done(code, stdout, stderr), memory


def write_all(pipe, feed: Iterator[bytes]) -> None:
    try:
        for chunk in feed:
            pipe.write(chunk)
        pipe.close()
    except BrokenPipeError:
        pass


NOTHING_READ: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "only blanks": (b"\n \n\n", "nothing of a Valkey or Redis server"),
    "a program": (ELF, "a binary file"),
    "noise": (bytes(range(256)) * 500, "nothing of a Valkey or Redis server"),
    "only NUL bytes": (bytes(100_000), "nothing of a Valkey or Redis server"),
    "a 7-Zip archive": (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(range(256)), "is a 7-Zip archive: not unpacked here"),
    "a RAR archive": (b"Rar!\x1a\x07\1\0" + bytes(range(256)), "is a RAR archive: not unpacked here"),
    "a snapshot": (b"REDIS0011\xfa" + bytes(range(256)) * 9, "is a snapshot of the data (RDB)"),
    "an append-only file": (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n", "is an append-only file (AOF)"),
    "a screenshot": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is a picture"),
    "nginx's log": (NGINX, "nothing of a Valkey or Redis server"),
    "PostgreSQL's log": (POSTGRES, "nothing of a Valkey or Redis server"),
    "a Java program's log": (JAVA, "nothing of a Valkey or Redis server"),
    "an empty gzip file": (gzip.compress(b""), "nothing"),
    "broken gzip": (gzip.compress(LOG)[:12] + b"\xff" * 200, ""),
    "a zstd header alone": (b"\x28\xb5\x2f\xfd", ""),
}


@pytest.mark.parametrize("name", NOTHING_READ)
def test_what_holds_nothing_of_a_server_is_refused(name: str, tmp_path: Path) -> None:
    content, says = NOTHING_READ[name]
    path = tmp_path / "input.log"
    path.write_bytes(content)
    done = triage("analyze", path)
    assert done.returncode == 3
    assert says in done.stderr.decode()
    assert "input.log" in done.stderr.decode()
    assert done.stdout == b""
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", NGINX], ids=["empty", "nginx"])
def test_standard_input_with_nothing_of_a_server_is_refused(content: bytes, tmp_path: Path) -> None:
    done = triage("analyze", "-", stdin=content, cwd=tmp_path)
    assert (done.returncode, list(tmp_path.iterdir())) == (3, [])
    assert "standard input" in done.stderr.decode()


def test_a_missing_file_a_directory_and_a_closed_directory_are_named(tmp_path: Path) -> None:
    for path, says in [(tmp_path / "no.log", "no such file"), (tmp_path, "directory"), (Path("/proc/1/mem/x"), "")]:
        done = triage("analyze", path)
        assert done.returncode == 3
        assert str(path) in done.stderr.decode()
        assert says in done.stderr.decode()


def test_several_missing_files_are_all_named_with_what_to_do(tmp_path: Path) -> None:
    told = triage("analyze", tmp_path / "one.log", tmp_path / "other.log").stderr.decode().splitlines()
    assert told[0] == f"triage: {tmp_path}/one.log: no such file; {tmp_path}/other.log: no such file"
    assert told[1:] == ["        Check the path; CONFIG GET logfile says where it is."]


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX files")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.log"
    path.write_bytes(LOG)
    path.chmod(0)
    done = as_nobody(f"analyze {path}") if os.geteuid() == 0 else triage("analyze", path)
    assert done.returncode == 3
    assert "permission" in done.stderr.decode()


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX files")
def test_a_closed_directory_hides_nothing_of_the_others() -> None:
    script = (
        "import os, sys; from triage.intake import open_inputs\n"
        "open_inputs(sys.argv[1:])  # root may read what this needs\n"
        "if os.geteuid() == 0:\n    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "for source in open_inputs(sys.argv[1:]):\n    print(source.kind, *source.problems)"
    )
    with tempfile.TemporaryDirectory() as opened:
        folder = Path(opened)
        folder.chmod(0o755)
        (folder / "closed").mkdir(mode=0)
        (folder / "server.log").write_bytes(LOG)
        done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, check=True, text=True)
    closed, log = done.stdout.splitlines()
    assert closed.startswith("unknown Problem(message='is a directory without permission to read it'")
    assert log == "log"


def as_nobody(arguments: str) -> Done:
    """Root may read everything: load the command as root, become nobody, then run it."""
    script = (
        "import os, sys; from triage.cli import main; import triage.pipeline, triage.console, triage.render\n"
        f"os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.argv = ['triage', *{arguments.split()!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("share", [0.3, 0.7])
@pytest.mark.parametrize("compress", [gzip.compress, zstandard.ZstdCompressor().compress], ids=["gzip", "zstd"])
def test_a_truncated_archive_is_read_as_far_as_it_goes(
    compress: Callable[[bytes], bytes], share: float, tmp_path: Path
) -> None:
    lines = CALM + b"".join(b"3370:M 22 Nov 2026 10:00:%02d.%03d * Background saving started by pid %d\n" % (
        number // 1000 % 60, number % 1000, 4000 + number * 7919 % 50_000) for number in range(60_000))  # fmt: skip
    packed = compress(lines)
    path = tmp_path / "server.log"
    path.write_bytes(packed[: int(len(packed) * share)])
    done, told = json_of(path)
    assert done.returncode == 4
    assert "ends too early" in told["inputs"][0]["problems"][0]["message"]
    assert 1000 < told["inputs"][0]["lines"] < 60_000


def test_damage_among_several_inputs_leaves_the_others_read(tmp_path: Path) -> None:
    (tmp_path / "good.log").write_bytes(LOG)
    done = triage("analyze", tmp_path / "gone.log", tmp_path / "good.log", "--format", "json", "-o", "-")
    told = json.loads(done.stdout)
    assert done.returncode == 4
    assert {Path(entry["name"]).name: bool(entry["problems"]) for entry in told["inputs"]} == {
        "gone.log": True,
        "good.log": False,
    }
    assert len(told["incidents"]) == 1


def test_a_line_without_end_is_read_in_bounded_memory() -> None:
    def feed() -> Iterator[bytes]:
        yield CALM
        yield b"3370:M 22 Nov 2026 10:00:00.000 * "
        yield from (b"x" * MIB for _ in range(LONG_LINE_MIB))
        yield b"\n" + LOG

    done, memory = measured(feed(), "analyze", "-", "--format", "json", "-o", "-")
    assert done.returncode in (0, 4)
    assert [incident["kind"] for incident in json.loads(done.stdout)["incidents"]] == ["signal"]
    assert memory < MOST_MEMORY


@pytest.mark.parametrize("filler", [b"x", b"\0", b"\xff"], ids=["letters", "NUL", "not UTF-8"])
def test_a_stream_of_nothing_but_one_line_is_refused_in_bounded_memory(filler: bytes) -> None:
    done, memory = measured(
        (filler * MIB for _ in range(LONG_LINE_MIB)), "analyze", "-", "--format", "json", "-o", "-"
    )
    assert done.returncode == 3
    assert memory < MOST_MEMORY


def test_thousands_of_clients_with_endless_names_are_listed_in_bounded_memory(tmp_path: Path) -> None:
    head, title, rest = LOG.partition(b"------ CLIENT LIST OUTPUT ------\n")
    client = rest.partition(b"\n")[0]
    path = tmp_path / "server.log"
    with path.open("wb") as file:
        file.write(head + title)
        for number in range(5_000):
            name = random.Random(number).randbytes(1500).hex().encode()
            file.write(re.sub(rb"name=\S*", b"name=" + name, client) + b"\n")
        file.write(rest)
    done, memory = measured(iter(()), "analyze", str(path), "--format", "json", "-o", "-")
    (incident,) = json.loads(done.stdout)["incidents"]
    assert (incident["signal"]["name"], done.returncode) == ("SIGSEGV", 4)
    assert incident["clients"]["count"] > 1_000
    assert memory < MOST_MEMORY


def test_a_decompression_bomb_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "bomb.log.zst"
    compressor = zstandard.ZstdCompressor(level=3).compressobj()
    with path.open("wb") as file:
        file.write(compressor.compress(CALM))
        for _ in range(3000):
            file.write(compressor.compress(b"x" * (MIB - 1) + b"\n"))
        file.write(compressor.flush())
    done, memory = measured(iter(()), "analyze", str(path), "--format", "json", "-o", "-")
    assert done.returncode == 4
    assert "bomb" in json.loads(done.stdout)["inputs"][0]["problems"][0]["message"]
    assert memory < MOST_MEMORY


NOISY: dict[str, Callable[[bytes], bytes]] = {
    "NUL bytes before the log": lambda log: bytes(4096) + log,
    "NUL bytes in a line": lambda log: log.replace(b"Ready to accept", b"Ready\0to\0accept"),
    "broken UTF-8 in a line": lambda log: log.replace(b"Ready to accept", b"Ready \xff\xfe\xc3 accept"),
    "broken UTF-8 after the report": lambda log: log + b"\x80\x81\xff" * 100,
    "no line end at the end": lambda log: log.rstrip(b"\n"),
    "carriage returns": lambda log: log.replace(b"\n", b"\r\n"),
    "a byte order mark": lambda log: b"\xef\xbb\xbf" + log,
    "escape sequences": lambda log: log.replace(b"Ready", b"\x1b[31mReady\x1b[0m"),
    "unicode line separators": lambda log: log.replace(b"Ready", "Rea\u2028dy\x85".encode()),
}


@pytest.mark.parametrize("name", NOISY)
def test_odd_bytes_do_not_hide_the_crash(name: str, tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_bytes(NOISY[name](LOG))
    done, told = json_of(path)
    (incident,) = told["incidents"]
    assert done.returncode in (0, 4)
    assert (incident["kind"], incident["signal"]["name"]) == ("signal", "SIGSEGV")


@pytest.mark.parametrize("at", range(0, len(LOG), len(LOG) // 24 or 1))
def test_a_log_cut_anywhere_is_read_as_far_as_it_goes(at: int, tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_bytes(LOG[:at])
    done, told = json_of(path)
    assert done.returncode in ((3,) if at == 0 else (0, 4))
    for incident in told.get("incidents", []):
        whole = b"BUG REPORT END" in LOG[:at]
        assert incident["report"]["complete"] is whole
        assert whole or incident["report"]["missing"]


def test_a_server_that_failed_to_start_thousands_of_times_is_read(tmp_path: Path) -> None:
    once = (FIXTURES / "lab2-51-v811-neg-port-in-use" / "server.log").read_bytes()
    pid = once.partition(b":")[0]
    path = tmp_path / "server.log"
    path.write_bytes(b"".join(once.replace(pid, b"%d" % (100_000 + number)) for number in range(RESTARTS)))
    _, told = json_of(path)
    assert {incident["kind"] for incident in told["incidents"]} == {"fatal-exit"}
    assert len(told["incidents"]) == RESTARTS


def test_markup_in_a_client_name_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    evil = b"<script>alert(1)</script>"
    hostile = LOG.replace(b" name= ", b" name=" + evil + b" ").replace(b"name=*redacted*", b"name=" + evil)
    assert evil in hostile
    path.write_bytes(hostile)
    shown = ("analyze", path, "--redact", "none", "-o", "-", "--format")
    page = triage(*shown, "html").stdout
    assert b"<script" not in page
    assert b"&lt;script&gt;" in page
    assert b"<script>" not in triage(*shown, "markdown").stdout.replace(b"\\<", b"")


def test_a_file_that_grows_while_it_is_read_is_read_to_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_bytes(CALM * 2000)
    stop = threading.Event()

    def grow() -> None:
        with path.open("ab") as file:
            while not stop.is_set():
                file.write(CALM)
                file.flush()
                time.sleep(0.001)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        done, told = json_of(path)
    finally:
        stop.set()
        writer.join()
    assert done.returncode == 0
    assert len(CALM) * 2000 <= told["inputs"][0]["bytes"] <= path.stat().st_size


def test_a_file_that_is_cut_while_it_is_read_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_bytes(CALM * 40_000)
    cutter = threading.Timer(0.35, lambda: os.truncate(path, len(CALM)))
    cutter.start()
    done, told = json_of(path)
    cutter.join()
    assert done.returncode in (0, 4)
    assert (done.returncode == 4) is bool(told["inputs"][0]["problems"])


def test_a_pipe_that_is_named_as_a_file_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.log"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(LOG))
    writer.start()
    done, told = json_of(pipe)
    writer.join()
    assert done.returncode == 0
    assert len(told["incidents"]) == 1

"""Opening inputs: compression by content, kinds, damage, and the ways in which a path can be wrong."""

import bz2
import gzip
import io
import lzma
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from triage.intake import open_inputs, streams
from triage.model import TriageError

FIXTURES = Path(__file__).parent.parent / "fixtures"
LOG = (FIXTURES / "control-801" / "server.log").read_bytes()
AS_ROOT = os.geteuid() == 0


def read(path: Path | str) -> bytes:
    return b"".join(open_inputs([str(path)])[0].blocks())


def two_frames(data: bytes) -> bytes:
    half = len(data) // 2
    compressor = zstandard.ZstdCompressor()
    return compressor.compress(data[:half]) + compressor.compress(data[half:])


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip of two members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "gzip with padding": lambda data: gzip.compress(data) + b"\0" * 512,
    "zstd of two frames": two_frames,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}


@pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS)
def test_compression_is_recognised_by_content(tmp_path: Path, compress: Callable[[bytes], bytes]):
    path = tmp_path / "report.txt"
    path.write_bytes(compress(LOG))
    (source,) = open_inputs([str(path)])
    assert (source.kind, source.bytes) == ("log", path.stat().st_size)
    assert b"".join(source.blocks()) == LOG
    assert source.problems == ()
    assert b"".join(source.blocks()) == LOG, "a file can be read again"


@pytest.mark.parametrize("compress", list(COMPRESSORS.values())[1:], ids=list(COMPRESSORS)[1:])
def test_what_stands_before_damage_is_read(tmp_path: Path, compress: Callable[[bytes], bytes]):
    # Noise does not compress, so that the damage lies in the middle of what comes out.
    content = b"".join(
        b"%d:M 22 Nov 2026 10:00:00.000 * %s\n" % (n, os.urandom(60).hex().encode()) for n in range(20_000)
    )
    path = tmp_path / "damaged"
    whole = compress(content)
    path.write_bytes(whole[: len(whole) * 3 // 4])
    (source,) = open_inputs([str(path)])
    got = b"".join(source.blocks())
    assert content.startswith(got)
    assert len(got) >= len(content) // 3
    assert "ends too early" in source.problems[0].message


def test_garbage_in_the_middle_keeps_the_beginning(tmp_path: Path):
    content = b"".join(b"%d %s\n" % (n, os.urandom(40).hex().encode()) for n in range(20_000))
    whole = bytearray(gzip.compress(content))
    whole[len(whole) // 2 : len(whole) // 2 + 40] = b"\xff" * 40
    path = tmp_path / "damaged.gz"
    path.write_bytes(whole)
    (source,) = open_inputs([str(path)])
    got = b"".join(source.blocks())
    assert got[: len(content) // 3] == content[: len(content) // 3]
    assert "damaged" in source.problems[0].message


def test_a_decompression_bomb_ends_with_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "SUSPICIOUS_OUTPUT", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\n" * (32 << 20)))
    (source,) = open_inputs([str(path)])
    assert sum(map(len, source.blocks())) < 8 << 20
    assert "bomb" in source.problems[0].message


def test_kinds_are_told_by_content(tmp_path: Path):
    contents = {
        "core": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x04\x00" + bytes(100),
        "binary": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + bytes(100),
        "unknown": bytes(range(256)) * 40,
        "config": b"# Valkey configuration\n\nport 6379\nbind 127.0.0.1 -::1\nsave 3600 1\n",
        "log": b"\0" * 4096 + b"1:M 22 Nov 2026 10:00:00.000 * Ready to accept connections tcp\n",
    }
    for kind, content in contents.items():
        path = tmp_path / "input"
        path.write_bytes(content)
        assert open_inputs([str(path)])[0].kind == kind


def test_the_running_python_is_a_binary():
    assert open_inputs([sys.executable])[0].kind == "binary"


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "no such file"), (b"", "is empty"), (gzip.compress(b""), "holds nothing once decompressed")],
    ids=["missing", "empty", "empty once decompressed"],
)
def test_nothing_to_read_is_said_clearly(tmp_path: Path, content: bytes | None, says: str):
    path = tmp_path / "valkey.log"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TriageError, match=says) as caught:
        open_inputs([str(path)])
    assert caught.value.exit_code == 3
    assert caught.value.hint


def test_a_directory_without_a_file_is_said_clearly(tmp_path: Path):
    (tmp_path / "deeper").mkdir()
    with pytest.raises(TriageError, match="is a directory without a file in it") as caught:
        open_inputs([str(tmp_path)])
    assert caught.value.hint


@pytest.mark.skipif(AS_ROOT, reason="root may read everything")
def test_a_file_without_permission_is_said_clearly(tmp_path: Path):
    path = tmp_path / "valkey.log"
    path.write_bytes(LOG)
    path.chmod(0)
    with pytest.raises(TriageError, match="no permission"):
        open_inputs([str(path)])


def test_a_socket_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("valkey.sock")
        with pytest.raises(TriageError, match=r"valkey\.sock cannot be read"):
            open_inputs(["valkey.sock"])


def test_unreadable_memory_is_an_io_error():
    with pytest.raises(TriageError, match="cannot be read: Input/output error"):
        open_inputs(["/proc/self/mem"])


def test_a_file_that_vanishes_leaves_a_problem(tmp_path: Path):
    path = tmp_path / "valkey.log"
    path.write_bytes(LOG)
    (source,) = open_inputs([str(path)])
    path.unlink()
    assert list(source.blocks()) == []
    assert "vanished" in source.problems[0].message


def test_a_growing_file_is_read_up_to_its_first_size(tmp_path: Path):
    path = tmp_path / "valkey.log"
    path.write_bytes(LOG)
    (source,) = open_inputs([str(path)])
    with path.open("ab") as file:
        file.write(b"more\n")
    assert b"".join(source.blocks()) == LOG
    assert source.problems == ()


def test_a_shrinking_file_leaves_a_problem(tmp_path: Path):
    path = tmp_path / "valkey.log"
    path.write_bytes(LOG)
    (source,) = open_inputs([str(path)])
    os.truncate(path, 1000)
    assert b"".join(source.blocks()) == LOG[:1000]
    assert "shrank" in source.problems[0].message


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(compress(LOG))))
    (source,) = open_inputs(["-"])
    assert (source.name, source.kind, source.bytes) == ("standard input", "log", None)
    assert LOG.startswith(source.head()[0])
    assert b"".join(source.blocks()) == LOG
    assert source.bytes == len(compress(LOG))


def test_a_named_pipe_is_read_as_it_comes(tmp_path: Path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    if os.fork() == 0:
        path.write_bytes(LOG)
        os._exit(0)
    assert read(path) == LOG
    os.wait()


def test_a_large_file_comes_in_small_blocks(tmp_path: Path):
    path = tmp_path / "valkey.log"
    path.write_bytes(LOG * 20)
    assert max(map(len, open_inputs([str(path)])[0].blocks())) <= 4 << 20

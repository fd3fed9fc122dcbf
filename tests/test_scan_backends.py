"""The scanner in C and the one in numpy leave the same of every log, however it is cut; neither trusts its input."""

from dataclasses import fields
from pathlib import Path
from random import Random

import numpy as np
import pytest
from backends import BACKENDS
from hypothesis import given, settings
from hypothesis import strategies as st
from log_facts import Chunks

from triage.intake import open_inputs
from triage.logs import blocks
from triage.logs.blocks import PADDING, Block
from triage.logs.line_masks import masks_of
from triage.logs.prefixes import Prefixes
from triage.logs.scan import scan
from triage.logs.scan_backend import Backend, backend
from triage.logs.scanned import EventTable, Histogram, LogScan

FIXTURES = Path(__file__).parent.parent / "fixtures"
LOGS = sorted(path for path in FIXTURES.glob("*/*") if path.name.endswith((".log", ".zst", ".gz", ".txt")))

pytestmark = pytest.mark.skipif(len(BACKENDS) == 1, reason="the scanner in C is not built: install with a C compiler")


def told(found: LogScan) -> dict[str, object]:
    """Everything in a scan, in a form that can be compared."""
    return {field.name: plain(getattr(found, field.name)) for field in fields(found)}


def plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Histogram):
        return value.start_ms, value.bucket_seconds, plain(value.counts)
    if isinstance(value, EventTable):
        fields = {name: list(column) for name, column in value.fields.items()}
        kept = value.total, value.dropped, list(value.texts), fields
        return *kept, plain(value.times), plain(value.lines), plain(value.pids)
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return value


def cut(data: bytes, size: int) -> Chunks:
    return Chunks(tuple(data[at : at + size] for at in range(0, len(data), size)))


def both(data: bytes, size: int = 1 << 20) -> None:
    portable, native = (told(scan(cut(data, size), by=by)) for by in BACKENDS)
    for name, value in portable.items():
        assert native[name] == value, name


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.parent.name)
def test_both_leave_the_same_of_a_real_log(path: Path) -> None:
    both(b"".join(open_inputs([str(path)])[0].blocks()))


@pytest.mark.parametrize("size", [1, 61, 4096])
def test_both_leave_the_same_at_every_chunking(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", max(size, 512))
    for path in LOGS[::9]:
        both(b"".join(open_inputs([str(path)])[0].blocks())[-50_000:], size)


@pytest.mark.parametrize("seed", range(40))
def test_both_leave_the_same_of_a_spoilt_log(seed: int) -> None:
    random = Random(seed)
    data = bytearray(b"".join(open_inputs([str(random.choice(LOGS))])[0].blocks())[-100_000:])
    for _ in range(200):
        at = random.randrange(len(data))
        spoilt = random.choice([random.randbytes(random.randrange(1, 9)), b"\n", b"\r\n", b"\0", b"9" * 30, b""])
        data[at : at + random.randrange(0, 6)] = spoilt
    both(bytes(data[: random.randrange(len(data))]))


PIECES = (
    b'7:M |1234567890:S |[12] |pid=8 role=primary timestamp="|22 Nov 2026 10:00:00.123|22 Nov 10:00:00|1795344261013|'
    b'2026-11-22T10:00:00.123-11:30|31 Feb 2026 10:00:00.123| # | * | - |" level=info message="|"|7:signal-handler |'
    b"(1741770000) |Accepted 1.2.3.4:5|Client closed connection id=|Error accepting a client connection: |MISCONF|"
    b"=== VALKEY BUG REPORT START: |Out of memory: Killed process 12|\r|\xff|\xc3\xa9|\x1b[1m|9999999999999|\0|"
    b"            .+#####+.  Valkey 8.1.1 (00000000/0) 64 bit|Ready to accept connections tcp|\n|\n|\n"
)
pieces = st.sampled_from(PIECES.split(b"|"))


@given(st.lists(pieces, max_size=60).map(b"".join))
@settings(max_examples=300, deadline=None)
def test_both_leave_the_same_of_made_up_lines(data: bytes) -> None:
    both(data)


@given(st.binary(max_size=600))
@settings(max_examples=200, deadline=None)
def test_both_leave_the_same_of_any_bytes(data: bytes) -> None:
    both(data)


def lines_alike(count: int) -> bytes:
    return b"".join(b"Accepted 10.0.0.%d:%d\n" % (number % 250, number % 60_000) for number in range(count))


@pytest.mark.parametrize("exact", [False, True])
def test_both_group_lines_that_are_equal_or_differ_in_digits_alone(exact: bool) -> None:
    data = lines_alike(5000) + b"Accepted x\n" * 3 + b"\n\n"
    found = []
    for by in BACKENDS:
        block = Block.of(data, 1, by)
        groups, firsts = by.alike(block, block.starts, block.ends, exact=exact)
        found.append((firsts.tolist(), firsts[groups].tolist()))
    assert found[0][0] == found[1][0]
    assert found[0][1] == found[1][1]
    lines = data.splitlines()
    assert len(found[0][0]) == len(set(lines if exact else masks_of(lines)))


def test_offsets_beyond_the_block_are_refused() -> None:
    native = backend("native")
    block = Block.of(b"one\ntwo\n", 1, native)

    def take(block: Block, row: int) -> None:
        native.take(block, Prefixes.blank(block), np.array([row]))

    for start, end in ((0, 9), (-1, 2), (5, 4), (2**62, 2**62 + 1), (-(2**63), 2**63 - 1)):
        with pytest.raises(ValueError, match="lines"):
            take(Block(block.data, 1, np.array([start]), np.array([end])), 0)
        with pytest.raises(ValueError, match="lines"):
            native.alike(block, np.array([start]), np.array([end]))
    with pytest.raises(ValueError, match="lines"):
        take(Block(block.data, 1, np.array([0, 1]), np.array([2])), 0)
    for row in (2, -1, 2**62):
        with pytest.raises(ValueError, match="lines"):
            take(block, row)
    with pytest.raises(ValueError, match="lines"):
        native.split(b"one\ntwo", 7)
    with pytest.raises(ValueError, match="lines"):
        native.split(b"one\n" + PADDING, 1000)


@pytest.mark.parametrize("by", BACKENDS, ids=lambda by: by.name)
def test_a_backend_is_found_by_its_name(by: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    assert backend(by.name).name == by.name

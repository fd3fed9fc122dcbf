"""Files whose text is encoded in some way, as a whole: it is read as the log that it was."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from expectations import FIXTURES
from hypothesis import given
from hypothesis import strategies as st
from wrapping import loki_answer

from triage.intake import open_inputs
from triage.intake.one_line import laid_out, returns_as_newlines, unescaped
from triage.intake.recording import printed
from triage.intake.rich_text import plain_text
from triage.pipeline import analyze

LOG = (FIXTURES / "lab2-13-v801-assert-hide-no" / "server.log").read_bytes().replace(b"\r\n", b"\n")
LINES = LOG.split(b"\n")[:-1]


def mixed_ends(log: bytes) -> bytes:
    ends = (b"\n", b"\r\n", b"\r")
    return b"".join(line + ends[number % 3] for number, line in enumerate(log.split(b"\n")[:-1]))


def recorded(log: bytes) -> bytes:
    """As asciinema records ``cat server.log``, in pieces of any length."""
    text = log.decode().replace("\n", "\r\n")
    header = {"version": 2, "width": 80, "height": 24, "env": {"TERM": "xterm"}}
    events = [[at / 1000, "o", text[at : at + 997]] for at in range(0, len(text), 997)]
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in (header, [0.1, "i", "cat\r"], *events))


def rich_text(end: str) -> Callable[[bytes], bytes]:
    """As word processors save it: their own lines end anywhere."""

    def save(log: bytes) -> bytes:
        plain = re.sub(r"[\\{}]", r"\\\g<0>", log.decode())
        plain = "".join(char if char.isascii() else f"\\u{ord(char)}?" for char in plain)
        head = "{\\rtf1\\ansi{\\fonttbl{\\f0\\fmodern Courier New;}}{\\*\\generator Writer 7;}\r\n\\pard\\f0\\fs20 "
        return (head + plain.replace("\n", end) + "}\r\n").encode()

    return save


ENCODED: dict[str, Callable[[bytes], bytes]] = {
    "gzip in gzip": lambda log: gzip.compress(gzip.compress(log)),
    "UTF-16 in gzip": lambda log: gzip.compress(log.decode().encode("utf-16")),
    "UTF-16 without its mark": lambda log: log.decode().encode("utf-16-le"),
    "big-endian UTF-16 without its mark": lambda log: log.decode().encode("utf-16-be"),
    "UTF-32": lambda log: log.decode().encode("utf-32"),
    "base64": base64.encodebytes,
    "base64 in one line": base64.b64encode,
    "base64 of gzip": lambda log: base64.encodebytes(gzip.compress(log)),
    "a recording of a terminal": recorded,
    "rich text": rich_text("\\par\r\n"),
    "rich text of a Mac": rich_text("\\\n"),
    "returns": lambda log: log.replace(b"\n", b"\r"),
    "newlines escaped": lambda log: log.replace(b"\\", b"\\\\").replace(b"\n", b"\\n"),
}


@pytest.mark.parametrize("name", ENCODED)
def test_a_log_comes_out_of_its_encoding(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(ENCODED[name](LOG))
    (source,) = open_inputs([str(path)])
    assert source.kind == "log"
    assert b"".join(source.blocks()).replace(b"\r\n", b"\n") == LOG
    assert source.problems == ()


def test_line_ends_of_three_kinds_end_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(mixed_ends(LOG))
    (source,) = open_inputs([str(path)])
    # Of a blank line that ends in CR before another that ends in CR LF only one is left.
    assert [line for line in b"".join(source.blocks()).splitlines() if line] == [line for line in LINES if line]


def test_base64_that_was_cut_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(base64.encodebytes(LOG)[:3001])
    (source,) = open_inputs([str(path)])
    assert LOG.startswith(b"".join(source.blocks()))
    assert "ends too early" in source.problems[0].message


DOCUMENTS: dict[str, Callable[[list[bytes]], object]] = {
    "an answer of Loki": loki_answer,
    "hits of Elasticsearch": lambda lines: {
        "took": 3,
        "hits": {"hits": [{"_id": str(n), "_source": {"message": line.decode()}} for n, line in enumerate(lines)]},
    },
    "aws logs get-log-events": lambda lines: {
        "events": [{"timestamp": 1795343820512 + n, "message": line.decode()} for n, line in enumerate(lines)],
        "nextForwardToken": "f/1",
    },
    "a list of lines": lambda lines: [line.decode() for line in lines],
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("times", [1, 300], ids=["small", "longer than a line may be"])
def test_one_line_of_json_is_the_log_that_is_in_it(
    document: Callable[[list[bytes]], object], times: int, tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document(LINES[:10] * times + LINES)))
    analysis = analyze([str(path)])
    (incident,) = analysis.incidents
    assert (incident.kind.value, incident.pid) == ("assertion", 31547)
    assert incident.site is not None
    assert (incident.site.file, incident.site.line) == ("debug.c", 536)
    (entry,) = analysis.inputs
    assert (entry.wrapper, entry.coverage and entry.coverage.lines) == ("ndjson", times * 10 + len(LINES))
    assert "jq" in entry.notes[0]


def test_a_line_of_json_has_the_number_that_jq_gives_it(tmp_path: Path) -> None:
    content = loki_answer(LINES)
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content))
    printed = json.dumps(content, indent=2).split("\n")
    (incident,) = analyze([str(path)]).incidents
    assert incident.evidence
    assert all(json.dumps(each.text) in printed[(each.line or 0) - 1] for each in incident.evidence)


VALUES = st.recursive(
    st.none() | st.integers() | st.text('a\\"[]{},\n é', max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab\\"', max_size=3), inner, max_size=3),
)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(VALUES, st.integers(1, 9))
def test_json_keeps_its_meaning_in_whatever_pieces_it_comes(value: object, size: int) -> None:
    lines = b"".join(laid_out(pieces(json.dumps(value).encode(), size)))
    assert json.loads(lines) == value
    assert lines.count(b"\n") == json.dumps(value, indent=1).count("\n")


@given(st.text('a\\"n\n\té\u2028', max_size=40), st.integers(1, 9))
def test_escapes_are_undone_in_whatever_pieces_they_come(text: str, size: int) -> None:
    assert b"".join(unescaped(pieces(json.dumps(text)[1:-1].encode(), size))).decode() == text


@given(st.text("a\r\n", max_size=40), st.integers(1, 9))
def test_returns_are_found_in_whatever_pieces_they_come(text: str, size: int) -> None:
    whole = b"".join(returns_as_newlines([text.encode()]))
    assert b"".join(returns_as_newlines(pieces(text.encode(), size))) == whole
    assert not re.search(rb"\r[^\r\n]", whole)


PIECES = st.text("ab\\\\{}\n'\"ou[],0 ", max_size=80)


@given(PIECES, st.integers(1, 9))
def test_rich_text_and_recordings_are_read_in_whatever_pieces_they_come(text: str, size: int) -> None:
    for read in (plain_text, printed):
        data = text.encode()
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert b"".join(read(pieces)) == b"".join(read([data]))


@pytest.mark.parametrize("name", ["a recording of a terminal", "rich text"])
def test_what_was_cut_is_read_as_far_as_it_goes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(ENCODED[name](LOG)[:5003])
    (source,) = open_inputs([str(path)])
    found = b"".join(source.blocks()).replace(b"\r\n", b"\n")
    assert len(found) > 3000
    assert LOG.startswith(found)

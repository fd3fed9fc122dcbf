"""The shortcuts of the scan against the plain way: every line given to every regular expression."""

import re
from pathlib import Path

import pytest
from backends import BACKENDS
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.intake import open_inputs
from triage.logs.blocks import Block, LineBlocks
from triage.logs.instants import read_instant
from triage.logs.prefix_reader import PrefixReader
from triage.logs.prefixes import KINDS, LEVELS, NO_LEVEL, NO_PID, NO_TIME, RAW
from triage.logs.scan_backend import Backend
from triage.logs.scan_literals import LONGEST_HEAD, literals
from triage.logs.scan_matchers import Matcher
from triage.terminals import terminals

FIXTURES = Path(__file__).parent.parent / "fixtures"
LOGS = sorted(path for path in FIXTURES.glob("*/*") if path.name.endswith((".log", ".zst", ".gz", ".txt")))
GRAMMARS = ("floods", "notable", "anchors")
PATTERNS = {name: re.compile(terminals("log_line")[name], re.DOTALL) for name in KINDS}


def blocks_of(path: Path, by: Backend) -> list[Block]:
    return list(LineBlocks(open_inputs([str(path)])[0].blocks(), by=by))


def check_prefixes(block: Block, by: Backend) -> None:
    found, _ = PrefixReader(by).read(block)
    for row in range(len(block)):
        text = block.text(row)
        name, match = next(((n, m) for n, p in PATTERNS.items() if (m := p.fullmatch(text))), (None, None))
        assert found.kinds[row] == (KINDS[name] if name else RAW), text
        if match is None:
            assert found.pids[row] == NO_PID
            continue
        fields = match.groupdict()
        assert found.pids[row] == int(fields["pid"])
        message = block.data[int(found.messages[row]) : int(found.ends[row])].decode("utf-8", "backslashreplace")
        assert message == (fields["message"] or "")
        if name in ("LEGACY", "OLD", "LOGFMT"):
            moment = read_instant(fields["time"])
            assert found.times[row] == (moment.wall_ms if moment else NO_TIME), text
            assert found.instant(row) == moment
            assert found.levels[row] < NO_LEVEL


@pytest.mark.parametrize("by", BACKENDS, ids=lambda by: by.name)
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.parent.name)
def test_prefixes_of_real_logs_are_read_as_the_expressions_read_them(path: Path, by: Backend):
    for block in blocks_of(path, by):
        check_prefixes(block, by)


stamps = st.sampled_from(
    [
        "22 Nov 2026 10:00:00.123",
        "31 Feb 2026 10:00:00.123",
        "22 Xyz 2026 10:00:00.123",
        "2026-11-22T10:00:00.123+00:00",
        "2026-11-22T10:00:00.123-11:30",
        "2026-13-22T10:00:00.123-11:30",
        "1795344261013",
        "22 Nov 10:00:00.123",
        "22 Nov 10:00:00",
        "",
        "22 Nov 2026 1:00:00.123",
    ]
)
pids = st.integers(0, 10**11).map(str)
messages = st.text(st.characters(blacklist_characters="\n\r\0\x1b", blacklist_categories=("Cs",)), max_size=12)
lines = st.one_of(
    st.builds("{}:{} {} {} {}".format, pids, st.sampled_from("MSCXm1"), stamps, st.sampled_from(".-*#+"), messages),
    st.builds("{}:{} {} {}".format, pids, st.sampled_from("MS"), stamps, st.sampled_from(".-*#+")),
    st.builds("[{}] {} {} {}".format, pids, stamps, st.sampled_from(".-*#"), messages),
    st.builds(
        'pid={} role={} timestamp="{}" level={} message="{}"{}'.format,
        pids,
        st.sampled_from(["primary", "replica", "RDB/AOF", "sentinel", "boss"]),
        stamps,
        st.sampled_from(["debug", "info", "notice", "warning", "fatal"]),
        messages,
        st.sampled_from(["", "", "x"]),
    ),
    st.builds("{}:signal-handler ({}) {}".format, pids, st.integers(0, 10**10), messages),
    messages,
)


@pytest.mark.parametrize("by", BACKENDS, ids=lambda by: by.name)
@given(texts=st.lists(lines, min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_prefixes_of_made_up_lines_are_read_as_the_expressions_read_them(texts: list[str], by: Backend):
    check_prefixes(Block.of("".join(text + "\n" for text in texts).encode(), 1, by), by)


@pytest.mark.parametrize("by", BACKENDS, ids=lambda by: by.name)
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.parent.name)
def test_no_line_that_a_terminal_matches_is_missed(path: Path, by: Backend):
    matcher = Matcher(GRAMMARS, by)
    expressions = {(g, n): re.compile(e, re.DOTALL) for g in GRAMMARS for n, e in terminals(g).items()}
    for block in blocks_of(path, by):
        prefixes, _ = PrefixReader(by).read(block)
        found = matcher.find(block, prefixes)
        others = [*found.inner, *matcher.by_first(block, prefixes, prefixes.kinds >= RAW)]
        candidates = {
            (int(row), terminal.grammar, terminal.name) for terminal, rows in found.heads.items() for row in rows
        } | {(row, terminal.grammar, terminal.name) for row, terminal in others}
        messages = [
            block.data[start:end].decode("utf-8", "backslashreplace")
            for start, end in zip(prefixes.messages.tolist(), prefixes.ends.tolist(), strict=True)
        ]
        for (grammar, name), pattern in expressions.items():
            for row, message in enumerate(messages):
                if pattern.fullmatch(message):
                    assert (row, grammar, name) in candidates, message


LITERALS = {
    r"Accepted (?P<addr>\S+:\d+)": ({b"Accepted "}, set()),
    r"Full resync from (?:master|primary): .*": (
        {b"Full resync from master: ", b"Full resync from primary: "},
        set(),
    ),
    r"(?:Reading|Writing) done.*": ({b"Reading done", b"Writing done"}, set()),
    r".*\bOOM command not allowed\b.*": (set(), {b"OOM com"}),
    r"\S+ version=\d+, just started|Server started": ({b"Server started"}, {b"just st"}),
    r"ab.*": (set(), set()),
}


@pytest.mark.parametrize(("expression", "expected"), LITERALS.items())
def test_literals_are_derived_from_expressions(expression: str, expected: tuple[set[bytes], set[bytes]]):
    found = literals(expression)
    heads, inner = expected
    assert found.heads == {head[:LONGEST_HEAD] for head in heads}
    assert len(found.inner) == len(inner)
    assert all(literal in expression.encode() for literal in found.inner)
    assert bool(found.first) == (not heads and not inner)


def test_every_flood_begins_with_a_literal():
    for name, expression in terminals("floods").items():
        found = literals(expression)
        assert found.heads, name
        assert not found.inner, name
        assert not found.first, name


def test_levels_are_ordered_by_gravity():
    assert LEVELS == ("debug", "verbose", "notice", "warning")

"""A pattern tried on masks decides as it does on every line."""

import re

import pytest
from backends import BACKENDS
from hypothesis import given
from hypothesis import strategies as st

from triage.logs import line_masks
from triage.logs.blocks import Block
from triage.logs.line_masks import NO_MATCH, LineMasks, is_blind_to_digits
from triage.logs.scan_backend import Backend
from triage.terminals import terminals

FLOODS = {name: re.compile(expression, re.DOTALL) for name, expression in terminals("floods").items()}
PIECES = (
    b"Accepted |10.0.0.1:6379|Client closed connection| id=| addr=|1|92|x| |:|(conn: fd=7)|(addr=1 laddr=2)|"
    b"Error accepting a client connection: |Error writing to client: "
).split(b"|")


def matches(masks: LineMasks, lines: list[bytes], by: Backend) -> list[bool]:
    block = Block.of(b"".join(line + b"\n" for line in lines), 1, by)
    return (masks.shapes(block, block.starts, block.ends, by) != NO_MATCH).tolist()


@pytest.mark.parametrize("by", BACKENDS, ids=lambda by: by.name)
@pytest.mark.parametrize("name", FLOODS)
@given(lines=st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join), max_size=20))
def test_masks_decide_like_the_pattern(name: str, lines: list[bytes], by: Backend) -> None:
    pattern = FLOODS[name]
    expected = [pattern.fullmatch(line.decode()) is not None for line in lines]
    assert matches(LineMasks.of(pattern), lines, by) == expected


@pytest.mark.parametrize("by", BACKENDS, ids=lambda by: by.name)
def test_lines_beyond_the_remembered_masks_are_tried(monkeypatch: pytest.MonkeyPatch, by: Backend) -> None:
    monkeypatch.setattr(line_masks, "MOST_MASKS", 1)
    masks = LineMasks.of(re.compile(r"a\d+"))
    assert matches(masks, [b"a1", b"a7", b"b1"], by) == [True, True, False]
    assert matches(masks, [b"a9", b"c1", b"a22"], by) == [True, False, True]


@pytest.mark.parametrize(
    ("expression", "blind"),
    [
        (r"Accepted \S+:\d+", True),
        (r"[0-9a-f]+", True),
        (r"[^(]*", True),
        (r"(?:a|b){0,20}", True),
        (r"v7", False),
        (r"(?:a|b1)", False),
        (r"[0-5]", False),
        (r"[^5]", False),
        (r"(?!x3)\d+", False),
        (r"(\d)\1", False),
    ],
)
def test_digits_that_count_are_seen(expression: str, blind: bool) -> None:
    assert is_blind_to_digits(expression) is blind

"""Patterns made from what an earlier run compiled are those that ``re.compile`` makes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from triage import patterns, resources
from triage.terminals import terminals

EXPRESSIONS = [
    ("(?P<pid>\\d{1,10}):(?P<role>[A-Z]) (?P<rest>.*)", re.DOTALL),
    (rb"\x1b\[[0-9;?]{0,32}[A-Za-z]|(a)(?P<named>b)?", 0),
    ("^=== (?:REDIS|VALKEY)", re.MULTILINE | re.IGNORECASE),
    ("[\ud800-\udfff\U000e0000-\U000e007f]|ß+", re.IGNORECASE),
    ("", 0),
]
TEXTS = ["17:M rest\nof it", "\x1b[31;1mred", "ab", "so\n=== valkey", "\ud801", "SSß", ""]


def forget() -> None:
    """What a run holds in memory is gone when it ends."""
    patterns._known.cache_clear()
    patterns.compiled.cache_clear()  # type: ignore[attr-defined]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user whose directory is empty, before a first run."""
    monkeypatch.setattr(resources, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(patterns, "_new", {})
    monkeypatch.setattr(patterns.atexit, "register", lambda _: None)
    forget()
    yield tmp_path
    forget()


def next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this run compiled is kept; the next may compile nothing."""
    patterns._keep()
    forget()
    monkeypatch.setattr(patterns, "_compiled", lambda *_: pytest.fail("compiled twice"))


def matches(pattern: "re.Pattern[str] | re.Pattern[bytes]") -> list[object]:
    texts = [text.encode(errors="ignore") if isinstance(pattern.pattern, bytes) else text for text in TEXTS]
    return [
        [(found.span(), found.groups(), found.groupdict(), found.lastgroup) for found in pattern.finditer(text)]
        for text in texts
    ]


@pytest.mark.parametrize(("expression", "flags"), EXPRESSIONS)
def test_a_kept_pattern_is_the_one_that_is_compiled(expression, flags, cache: Path, monkeypatch) -> None:
    patterns.compiled(expression, flags)
    next_run(monkeypatch)
    expected, found = re.compile(expression, flags), patterns.compiled(expression, flags)
    assert found == expected
    assert (found.pattern, found.flags, found.groups, found.groupindex) == (
        expected.pattern,
        expected.flags,
        expected.groups,
        expected.groupindex,
    )
    assert matches(found) == matches(expected)


def test_all_terminals_of_a_grammar_are_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expressions = sorted(terminals("report").values())
    for expression in expressions:
        patterns.compiled(expression, re.DOTALL)
    next_run(monkeypatch)
    assert [patterns.compiled(each, re.DOTALL) for each in expressions] == [
        re.compile(each, re.DOTALL) for each in expressions
    ]


def test_two_runs_keep_what_either_compiled(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patterns.compiled("a+")
    monkeypatch.setattr(patterns, "_new", {})
    forget()
    patterns.compiled("b+")
    resources.keep(patterns._NAME, patterns._KEY, {"0 'a+'": patterns._compiled("a+", 0)})
    next_run(monkeypatch)
    assert patterns.compiled("a+").fullmatch("aa")
    assert patterns.compiled("b+").fullmatch("bb")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]"])
def test_a_damaged_file_is_made_anew(content: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patterns.compiled("a+")
    patterns._keep()
    (file,) = cache.iterdir()
    file.write_bytes(content)
    forget()
    assert patterns.compiled("a+").fullmatch("aa")


def test_without_a_directory_patterns_are_compiled(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr(resources, "cache_dir", lambda: None)
    assert patterns.compiled("a+").fullmatch("aa")
    patterns._keep()
    assert list(cache.iterdir()) == []


def test_the_file_does_not_grow_without_end(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_MOST", 2)
    resources.keep(patterns._NAME, patterns._KEY, {"0 'a'": [], "0 'b'": []})
    patterns.compiled("c")
    patterns._keep()
    assert list(resources.kept(patterns._NAME, patterns._KEY, dict)) == ["0 'c'"]

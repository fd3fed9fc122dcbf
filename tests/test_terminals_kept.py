"""What the grammars give is kept on disk, made anew when damaged; files of older releases are removed."""

import os
from pathlib import Path

import pytest

from triage import resources, terminals


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(terminals, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(resources, "cache_dir", lambda: tmp_path)
    return tmp_path


def test_the_second_run_reads_what_the_first_one_kept(cache: Path) -> None:
    made = terminals.kept("words", lambda: {"A": "a+"})
    assert terminals.kept("words", lambda: pytest.fail("made twice")) == made
    assert [file.name for file in cache.iterdir()] == [f"words-{terminals.fingerprint()}.grammars"]


def test_a_damaged_file_is_made_anew(cache: Path) -> None:
    (cache / f"words-{terminals.fingerprint()}.grammars").write_bytes(b'{"A": \xff')
    assert terminals.kept("words", lambda: ["b"]) == ["b"]
    assert terminals.kept("words", lambda: pytest.fail("made twice")) == ["b"]


def test_without_a_cache_directory_everything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "cache_dir", lambda: None)
    assert terminals.kept("words", lambda: [1]) == [1]


def test_the_files_written_last_are_kept(cache: Path) -> None:
    for age in range(5):
        file = cache / f"knowledge-{age}.jsonl"
        file.touch()
        os.utime(file, (1_000 - age, 1_000 - age))
    (cache / "report-1.tables").touch()
    resources.forget_old("knowledge-*.jsonl", 2)
    assert sorted(file.name for file in cache.iterdir()) == [
        "knowledge-0.jsonl",
        "knowledge-1.jsonl",
        "report-1.tables",
    ]


@pytest.mark.parametrize("grammar", ["floods", "log_line", "report"])
def test_kept_terminals_are_those_of_lark(grammar: str) -> None:
    from triage.grammar import load

    lark = {terminal.name: terminal.pattern.to_regexp() for terminal in load(grammar).terminals}
    assert terminals.terminals(grammar) == lark

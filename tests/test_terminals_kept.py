"""What the grammars give is kept on disk, made anew when damaged; files of older releases are removed."""

import importlib.util
import os
import sys
import tomllib
from pathlib import Path

import pytest

from triage import resources, terminals


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resources, "cache_dir", lambda: tmp_path)
    return tmp_path


def test_the_second_run_reads_what_the_first_one_kept(cache: Path) -> None:
    made = terminals.kept("words", lambda: {"A": "a+"})
    assert terminals.kept("words", lambda: pytest.fail("made twice")) == made
    assert [file.name.split("-")[:2] for file in cache.iterdir()] == [["words", terminals.fingerprint()]]


def test_a_damaged_file_is_made_anew(cache: Path) -> None:
    terminals.kept("words", lambda: {"A": "a+"})
    (kept,) = cache.iterdir()
    kept.write_bytes(b'{"A": \xff')
    assert terminals.kept("words", lambda: ["b"]) == ["b"]
    assert terminals.kept("words", lambda: pytest.fail("made twice")) == ["b"]


def test_what_other_code_derives_is_made_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = cache / "deriving.py"
    code.write_text("def derive(): return [1]\n")
    spec = importlib.util.spec_from_file_location("triage.deriving", code)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "triage.deriving", module)
    assert terminals.kept("words", module.derive) == [1]
    module.derive.__code__ = (lambda: [2]).__code__
    assert terminals.kept("words", module.derive) == [1]
    code.write_text("def derive(): return [2]\n")
    terminals.code_of.cache_clear()
    assert terminals.kept("words", module.derive) == [2]


def test_a_table_is_parsed_once(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "table.toml"
    table.write_text('[words]\nfirst = ["a"]\n')
    read = resources.toml_table(table)
    assert read == {"words": {"first": ["a"]}}
    monkeypatch.setattr(tomllib, "loads", lambda _: pytest.fail("parsed twice"))
    assert resources.toml_table(table) == read


def test_without_a_cache_directory_everything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "cache_dir", lambda: None)
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

"""``triage knowledge`` and ``--knowledge``: list, show, lint, try; a user's own entries count."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from triage.cli import main
from triage.knowledge.lint import FINDINGS
from triage.pipeline import analyze

LOG = """\
4711:M 01 Apr 2026 10:00:00.123 # === ASSERTION FAILED ===
4711:M 01 Apr 2026 10:00:00.123 # ==> own.c:7 'mine == 1' is not true
"""
ENTRY = f"""\
id = "example/project#1"
title = "A bug of our own build"
kinds = ["assertion"]
aliases = ["CVE-2099-0001"]
cause = "Our patch."
references = ["https://example.org/1"]
last_checked = 2026-11-24

[confidence]
base = 0.9
ceiling = 0.95

[[required]]
fact = "site.expression"
equals = "mine == 1"
why = "The expression is ours."

[[samples]]
expect = "known"
note = "written for the test"
log = '''
=== VALKEY BUG REPORT START: Cut & paste starting from here ===
{LOG}'''

[[samples]]
expect = "other"
note = "written for the test"
log = '''
=== VALKEY BUG REPORT START: Cut & paste starting from here ===
{LOG.replace("== 1", "== 2")}'''
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with one entry; the user's configuration is an empty one."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "project-1.toml").write_text(ENTRY, encoding="utf-8")
    return folder


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def verdict_with(tmp_path: Path, *options: object) -> str | None:
    log = tmp_path / "server.log"
    log.write_text("=== VALKEY BUG REPORT START: Cut & paste starting from here ===\n" + LOG, encoding="utf-8")
    result = run("analyze", log, "--format", "json", "-o", "-", *options)
    assert result.exit_code in (0, 4), result.output
    return json.loads(result.stdout)["incidents"][0]["verdict"].get("issue")


def test_own_entries_count_by_option(tmp_path: Path, mine: Path) -> None:
    assert verdict_with(tmp_path) is None
    assert verdict_with(tmp_path, "--knowledge", mine) == "example/project#1"


def test_own_entries_count_by_configuration_file(tmp_path: Path, mine: Path) -> None:
    config = tmp_path / "config" / "triage" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('knowledge = ["../../mine"]\n', encoding="utf-8")
    assert verdict_with(tmp_path) == "example/project#1"
    assert "our own build" in run("knowledge", "list", "own", "build").output


def test_own_entries_count_where_two_cases_are_compared(tmp_path: Path, mine: Path) -> None:
    assert verdict_with(tmp_path) is None
    log = tmp_path / "server.log"
    assert "example/project#1" not in run("compare", log, log).output
    assert "both example/project#1" in run("compare", log, log, "--knowledge", mine).output
    config = tmp_path / "config" / "triage" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('knowledge = ["../../mine"]\n', encoding="utf-8")
    assert "both example/project#1" in run("compare", log, log).output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('knowledge = "mine"', "config.toml:1: the file: knowledge must be a list"),
        ("knowlege = []", "config.toml:1: the file: knowlege is not a key of the file; knowledge?"),
        ('knowledge = ["nowhere"]', "nowhere is not a directory"),
        ("knowledge = [", "config.toml: "),
    ],
)
def test_mistake_in_the_configuration_file_is_told(tmp_path: Path, mine: Path, text: str, told: str) -> None:
    config = tmp_path / "config" / "triage" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(text, encoding="utf-8")
    log = tmp_path / "server.log"
    log.write_text(LOG, encoding="utf-8")
    for words in (("analyze", log), ("knowledge", "list")):
        result = run(*words)
        assert result.exit_code == 2
        assert told in result.stderr


def test_mistake_in_an_own_entry_ends_the_analysis(tmp_path: Path, mine: Path) -> None:
    (mine / "project-1.toml").write_text(ENTRY.replace("base = 0.9", "base = 9"), encoding="utf-8")
    log = tmp_path / "server.log"
    log.write_text(LOG, encoding="utf-8")
    result = run("analyze", log, "--knowledge", mine)
    assert result.exit_code == 2
    assert f"{mine / 'project-1.toml'}:10: [confidence]: base must lie between 0 and 1" in result.stderr


def test_show_finds_an_entry_by_any_name(mine: Path) -> None:
    shown = run("knowledge", "show", "--knowledge", mine, "cve-2099-0001").output
    assert "example/project#1: A bug of our own build" in shown
    assert "site.expression equals mine == 1" in shown
    assert str(mine / "project-1.toml") in shown
    assert run("knowledge", "show", "nobody/knows#1").exit_code == 2


def test_shipped_entries_pass_their_own_checks() -> None:
    result = run("knowledge", "lint")
    assert (result.exit_code, result.stdout) == (0, "")


def test_own_entry_is_tried_on_its_samples(mine: Path) -> None:
    good = run("knowledge", "test", "--knowledge", mine, "example/project#1")
    assert (good.exit_code, good.stderr) == (0, "2 samples, 0 with another verdict than the entry claims\n")
    (mine / "project-1.toml").write_text(ENTRY.replace("base = 0.9", "base = 0.5"), encoding="utf-8")
    bad = run("knowledge", "test", "--knowledge", mine, "example/project#1")
    assert bad.exit_code == 1
    assert "expected known, got candidate" in bad.stdout


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('id = "example/project#1"', 'id = "number one"', "is none that a tracker or advisory gives"),
        ('references = ["https://example.org/1"]', "references = []", "say where the facts come from"),
        ('expect = "other"', 'expect = "known"', "something else is missing"),
        ('expect = "known"', 'expect = "other"', "named or listed for is missing"),
        ("[[required]]", '[[versions]]\nproduct = "valky"\n\n[[required]]', "product valky is none of"),
        (
            "[[required]]",
            '[fix]\nfixed_in = ["8.0.1"]\n[[versions]]\nproduct = "valkey"\nbefore = "8.0.2"\n[[required]]',
            "fixed_in names 8.0.1, which [[versions]] calls affected",
        ),
        (
            "[[samples]]",
            '[[supporting]]\nfinding = "moon"\noutcome = "supports"\nweight = 1\nwhy = "x"\n[[samples]]',
            "finding moon",
        ),
        ("base = 0.9", "base = 9", ":10: [confidence]: base must lie between 0 and 1"),
    ],
)
def test_lint_tells_what_to_correct(mine: Path, old: str, new: str, told: str) -> None:
    (mine / "project-1.toml").write_text(ENTRY.replace(old, new, 1), encoding="utf-8")
    result = run("knowledge", "lint", mine)
    assert result.exit_code == 1
    assert told in result.stdout


def test_entries_of_the_configuration_file_are_tried_by_any_of_their_names(tmp_path: Path, mine: Path) -> None:
    config = tmp_path / "config" / "triage" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('knowledge = ["../../mine"]\n', encoding="utf-8")
    tried = run("knowledge", "test", "cve-2099-0001")
    assert (tried.exit_code, tried.stderr) == (0, "2 samples, 0 with another verdict than the entry claims\n")


def test_an_entry_that_is_not_there_is_not_tried_in_silence(mine: Path) -> None:
    tried = run("knowledge", "test", "example/project#9")
    assert tried.exit_code == 2
    assert "no known issue is called example/project#9" in tried.stderr


def test_lint_tells_two_entries_of_one_bug(mine: Path) -> None:
    (mine / "project-2.toml").write_text(ENTRY.replace("project#1", "project#2"), encoding="utf-8")
    assert "CVE-2099-0001 is in project-1.toml already" in run("knowledge", "lint", mine).stdout


def test_lint_knows_every_finding(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("=== VALKEY BUG REPORT START: Cut & paste starting from here ===\n" + LOG, encoding="utf-8")
    told = {finding.id for finding in analyze([str(log)]).incidents[0].findings}
    assert told == FINDINGS

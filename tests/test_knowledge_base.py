"""The knowledge base finds every entry that can fit, keeps parsed files, and notices when they change."""

import json
import os
from pathlib import Path

import pytest
from test_knowledge_loader import GOOD
from test_knowledge_samples import ISSUES, SAMPLES, incidents_of, read_text

from triage.knowledge import KnowledgeError, base, judge, open_knowledge
from triage.knowledge.handles import handles_of_issue
from triage.knowledge.issue import KnownIssue, Sample
from triage.model import Incident, Kind, Site
from triage.signature import sign

CRASH = Incident(Kind.ASSERTION, site=Site("tls.c", 1, None, "made up for this test"))
MOST_READ = 5
"""Entries of one incident that are worth a closer look."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory of its own."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(base, "cache_dir", lambda: folder)
    return folder


def folder_with(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir(exist_ok=True)
    (folder / "entry.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("issue", "sample"), SAMPLES)
def test_narrowing_down_changes_no_verdict(issue: KnownIssue, sample: Sample) -> None:
    knowledge = open_knowledge()
    for incident in incidents_of(sample.log if sample.log is not None else read_text(sample.path or "")):
        signature = sign(incident)
        narrowed = knowledge.relevant(incident, signature)
        assert judge(incident, (), signature, narrowed) == judge(incident, (), signature, ISSUES)
        assert len(narrowed) <= MOST_READ


def test_every_entry_can_be_found() -> None:
    assert all(handles_of_issue(issue) for issue in ISSUES)


def titles(mine: Path) -> list[str]:
    found = open_knowledge(mine).relevant(CRASH, sign(CRASH))
    return [issue.title for issue in found if issue.id == "example/project#1"]


def test_second_run_reads_no_knowledge_file(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = folder_with(tmp_path, GOOD)
    assert titles(mine) == ["Example"]
    monkeypatch.setattr(base, "read_table", lambda path: pytest.fail(f"{path} was read"))
    assert titles(mine) == ["Example"]


def test_changed_file_is_read_anew(tmp_path: Path, place: Path) -> None:
    mine = folder_with(tmp_path, GOOD)
    assert titles(mine) == ["Example"]
    folder_with(tmp_path, GOOD.replace('"Example"', '"Changed"'))
    os.utime(mine / "entry.toml", ns=(1, 1))
    assert titles(mine) == ["Changed"]
    (mine / "entry.toml").unlink()
    assert titles(mine) == []


@pytest.mark.parametrize("damage", ["", "{", '{"digest": 1}', "[]"])
def test_damaged_cache_is_made_anew(tmp_path: Path, place: Path, damage: str) -> None:
    mine = folder_with(tmp_path, GOOD)
    titles(mine)
    [kept] = place.iterdir()
    whole = kept.read_text(encoding="utf-8")
    kept.write_text(damage, encoding="utf-8")
    assert titles(mine) == ["Example"]
    assert kept.read_text(encoding="utf-8") == whole
    assert json.loads(whole.split("\n")[0])["digest"]


def test_no_cache_directory_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "cache_dir", lambda: None)
    assert titles(folder_with(tmp_path, GOOD)) == ["Example"]


def test_mistake_is_told_although_the_rest_is_kept(tmp_path: Path, place: Path) -> None:
    mine = folder_with(tmp_path, GOOD)
    titles(mine)
    folder_with(tmp_path, GOOD.replace("base = 0.4", "base = 4"))
    with pytest.raises(KnowledgeError, match=r"entry\.toml:9"):
        open_knowledge(mine)


def test_link_to_nowhere_is_told(tmp_path: Path, place: Path) -> None:
    mine = folder_with(tmp_path, GOOD)
    (mine / "gone.toml").symlink_to(tmp_path / "nowhere.toml")
    with pytest.raises(KnowledgeError, match=r"gone\.toml"):
        open_knowledge(mine)

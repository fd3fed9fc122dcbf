"""``triage analyze DIR --each``: a report per file, an index grouped by signature, what cannot be read is told."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from triage.cli import main

FIXTURES = Path(__file__).parent.parent / "fixtures"
ASSERTION = FIXTURES / "lab-02-assert-v727" / "server.log"


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    folder = tmp_path / "tickets"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(ASSERTION, folder / "one.log")
    shutil.copy(ASSERTION, folder / "deep" / "one.log")
    (folder / "notes.txt").write_text("call the customer <b>back</b>\n")
    return folder


def test_each_file_has_its_report_and_the_index_groups_them(tickets: Path, tmp_path: Path) -> None:
    place = tmp_path / "reports"
    done = CliRunner().invoke(main, ["analyze", str(tickets), "--each", "-o", str(place)])
    assert done.exit_code == 4, done.output
    assert sorted(str(file.relative_to(place)) for file in place.rglob("*.html")) == [
        "deep/one.log.triage.html", "index.html", "one.log.triage.html",
    ]  # fmt: skip
    index = (place / "index.html").read_text()
    assert index.count('id="group-') == 1
    assert 'href="deep/one.log.triage.html"' in index
    assert "notes.txt" in index
    assert str(tickets) not in index
    assert "<script" not in index


def test_reports_are_those_of_single_runs(tickets: Path, tmp_path: Path) -> None:
    place, alone = tmp_path / "reports", tmp_path / "alone.html"
    CliRunner().invoke(main, ["analyze", str(tickets), "--each", "-o", str(place)])
    CliRunner().invoke(main, ["analyze", str(tickets / "one.log"), "-o", str(alone)])
    assert (place / "one.log.triage.html").read_bytes() == alone.read_bytes()


def test_a_second_run_does_not_read_the_reports_of_the_first(tickets: Path) -> None:
    place = tickets / "reports"
    for _ in range(2):
        CliRunner().invoke(main, ["analyze", str(tickets), "--each", "-o", str(place)])
    assert len(list(place.rglob("*.html"))) == 3


def test_an_incident_sets_the_exit_code_if_wanted(tickets: Path, tmp_path: Path) -> None:
    (tickets / "notes.txt").unlink()
    arguments = ["analyze", str(tickets), "--each", "-o", str(tmp_path / "r")]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert CliRunner().invoke(main, [*arguments, "--fail-on-incident"]).exit_code == 1


@pytest.mark.parametrize("wrong", [["--format", "json"], ["--quiet"], ["--redaction-map", "map.json"]])
def test_options_that_make_no_sense_are_refused(tickets: Path, wrong: list[str]) -> None:
    assert CliRunner().invoke(main, ["analyze", str(tickets), "--each", *wrong]).exit_code == 2


def test_a_knowledge_file_that_cannot_be_read_is_told_once(tickets: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "broken.toml").write_text("id = [", encoding="utf-8")
    done = CliRunner().invoke(
        main, ["analyze", str(tickets), "--each", "-o", str(tmp_path / "r"), "--knowledge", str(mine)]
    )
    assert done.exit_code == 2
    assert done.output.count("broken.toml") == 1

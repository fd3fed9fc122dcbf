"""What README and CONTRIBUTING promise is so: commands, links, exit codes, the example of a known issue."""

import re
from pathlib import Path

import pytest

from triage.cases.no_log import no_log
from triage.cli import EPILOG
from triage.commands.outputs import FORMATS
from triage.correlate.questions import ask
from triage.knowledge import load_issue
from triage.model import Incident, Kind

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_has_its_file(page: Path) -> None:
    targets = [link for link in re.findall(r"\]\(([^)]*)\)", page.read_text()) if "://" not in link]
    assert [target for target in targets if not (page.parent / target.partition("#")[0]).exists()] == []


def test_the_first_two_commands_are_demo_and_test() -> None:
    commands = re.findall(r"^(make \w+)", README, re.MULTILINE)
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert commands[:2] == ["make demo", "make test"]
    assert {"demo", "test", "lint", "types", "bench", "schema"} <= set(targets)


def test_the_page_and_the_help_know_the_same_exit_codes() -> None:
    on_page = re.findall(r"^\| (\d) \|", README, re.MULTILINE)
    in_help = re.findall(r"^  (\d)  ", EPILOG, re.MULTILINE)
    assert on_page == in_help == ["0", "1", "2", "3", "4", "5"]


def test_the_page_tells_every_format() -> None:
    assert set(re.findall(r"^\| `(\w[\w-]*)` \|", README, re.MULTILINE)) == set(FORMATS)


@pytest.mark.parametrize(("page", "word"), [("README", "N"), ("CHANGELOG", "n"), ("docs/verdicts", "N")])
def test_the_pages_tell_how_many_questions_are_asked(page: str, word: str) -> None:
    asked = ask([Incident(Kind.SIGNAL)], 0, no_log("core"), 8, lambda _: None)
    assert len({finding.id for finding in asked}) == 19
    assert f"{word}ineteen questions" in (ROOT / f"{page}.md").read_text()


def test_the_example_of_a_known_issue_can_be_loaded(tmp_path: Path) -> None:
    entry, alternatives = re.findall(r"```toml\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    path = tmp_path / "example.toml"
    path.write_text(entry + alternatives)
    issue = load_issue(path)
    assert (issue.id, len(issue.required), len(issue.samples)) == ("valkey-io/valkey#4711", 2, 2)

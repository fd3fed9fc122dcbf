"""Knowledge files are checked, and a mistake is reported with file, line and key."""

from pathlib import Path

import pytest

from triage.knowledge import KnowledgeError, load_issue, load_issues
from triage.model import Kind

GOOD = """\
id = "example/project#1"
title = "Example"
kinds = ["assertion"]
cause = "A cause."
last_checked = 2025-01-31
references = ["https://example.org/1"]

[confidence]
base = 0.4
ceiling = 0.9

[fix]
fixed_in = ["8.1.1"]

[[versions]]
product = "valkey"
before = "8.1.1"

[[required]]
fact = "site.file"
equals = "tls.c"
why = "It stands there."

[[supporting]]
finding = "new-connections"
outcome = "supports"
weight = 1
why = "They matter."
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "entry.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_good_file_is_read(tmp_path: Path) -> None:
    issue = load_issue(write(tmp_path, GOOD))
    assert issue.id == "example/project#1"
    assert issue.kinds == {Kind.ASSERTION}
    assert issue.fix.fixed_in == ("8.1.1",)
    assert issue.supporting[0].weight == 1.0


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ('title = "Example"\n', "", 1, "title is missing"),
        ('kinds = ["assertion"]', 'kinds = ["explosion"]', 3, "kinds must be some of"),
        ('cause = "A cause."', "cause = 7", 4, "cause must be a text"),
        ('"https://example.org/1"', '"http://example.org/1"', 6, "https://"),
        ("base = 0.4", "base = 1.4", 9, "between 0 and 1"),
        ('fixed_in = ["8.1.1"]', 'fixed_in = ["soon"]', 13, "versions"),
        ('before = "8.1.1"', 'before = "later"', 17, "before is no version"),
        ('fact = "site.file"', 'fact = "site.fiel"', 20, "site.fiel is no fact"),
        ('equals = "tls.c"', 'equal = "tls.c"', 20, "is needed"),
        ('why = "It stands there."\n', "", 19, "why is missing"),
        ("weight = 1", "weight = -1", 27, "weight must be above 0"),
        ('outcome = "supports"', 'outcome = "helps"', 26, "outcome must be one of"),
        ("weight = 1", "weight = 1\nwieght = 2", 28, "weight?"),
        ("last_checked = 2025-01-31", "last_checked = 2025-13-31", 5, "line 5"),
        ('equals = "tls.c"', "between = [9, 1]", 21, "the lower one first"),
        ('equals = "tls.c"', "one_of = []", 21, "must not be empty"),
        ("last_checked", 'owner = "nobody"\nlast_checked', 5, "owner must be one of"),
        ("last_checked", 'cve = ["CVE-25-1"]\nlast_checked', 5, "cve must be a list"),
        ("last_checked", 'inferred = "the cause"\nlast_checked', 11, "something in the entry is inferred"),
        ("last_checked", 'functions_from = "fix"\nlast_checked', 11, "where the fix was made"),
        ("last_checked", 'functions_from = "air"\nlast_checked', 5, "must be report or fix"),
        (
            'fact = "site.file"\nequals = "tls.c"',
            'any_of = [{ fact = "site.file", equals = "tls.c" }]',
            20,
            "at least two",
        ),
        (
            'fact = "site.file"\nequals = "tls.c"',
            'any_of = [\n{ fact = "site.file", equals = "tls.c" },\n{ fact = "site.fiel", equals = "x" },\n]',
            22,
            "site.fiel is no fact",
        ),
    ],
)
def test_mistake_is_reported_with_its_place(tmp_path: Path, old: str, new: str, line: int, told: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(KnowledgeError) as caught:
        load_issue(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert f":{line}" in str(caught.value) or f"line {line}" in str(caught.value)
    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_own_directory_adds_and_replaces(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    shipped = load_issues()
    ids = [issue.id for issue in load_issues(tmp_path)]
    assert ids == sorted([*(issue.id for issue in shipped), "example/project#1"])
    write(tmp_path, GOOD.replace("example/project#1", shipped[0].id))
    assert next(i for i in load_issues(tmp_path) if i.id == shipped[0].id).title == "Example"


def test_absent_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="not a directory"):
        load_issues(tmp_path / "nowhere")


def test_binary_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KnowledgeError, match=r"x\.toml"):
        load_issues(tmp_path)

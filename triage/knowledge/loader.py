"""Loads known issues from the package and from the user's own directories."""

from pathlib import Path

from triage.knowledge.issue import KnownIssue
from triage.knowledge.parse_issue import load_issue
from triage.knowledge.reading import KnowledgeError

OWN = Path(__file__).with_name("issues")
"""The directory of the entries that come with the package."""


def load_issues(*extra_dirs: Path | str) -> tuple[KnownIssue, ...]:
    """All known issues by id; an entry of ``extra_dirs`` replaces one of the package with the same id.

    Raises:
        KnowledgeError: a file cannot be read, is no TOML or states something impossible; it names file, line and key.
    """
    issues = {issue.id: issue for _, issue in load_entries(*extra_dirs)}
    return tuple(issues[key] for key in sorted(issues))


def load_entries(*extra_dirs: Path | str) -> list[tuple[Path, KnownIssue]]:
    """Every entry with its file, the package's first; raises ``KnowledgeError`` as ``load_issues`` does."""
    places = (OWN, *map(Path, extra_dirs))
    return [(path, load_issue(path)) for place in places for path in knowledge_files(place)]


def knowledge_files(directory: Path) -> list[Path]:
    """The knowledge files in a directory by name; raises ``KnowledgeError`` if it is none."""
    if not directory.is_dir():
        raise KnowledgeError(f"{directory} is not a directory", "Name a directory that holds .toml files.")
    return sorted(directory.glob("*.toml"))

"""Loads known issues from the package and from the user's own directories."""

import os
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
    paths = [Path(path) for place in (OWN, *extra_dirs) for path in knowledge_files(place)]
    return [(path, load_issue(path)) for path in paths]


def knowledge_files(directory: Path | str) -> list[str]:
    """The knowledge files in a directory by name; raises ``KnowledgeError`` if it is none."""
    try:
        names = sorted(entry.name for entry in os.scandir(directory) if entry.name.endswith(".toml"))
    except OSError as error:
        hint = "Name a directory that holds .toml files."
        raise KnowledgeError(f"{directory} is not a directory that can be read", hint) from error
    return [os.path.join(directory, name) for name in names]

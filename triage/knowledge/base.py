"""The knowledge base: every known issue, of which only those that can fit an incident are read closely.

Reading a TOML file takes milliseconds, and there are hundreds. So the parsed files are kept in the user's cache
directory as one file of JSON lines: the first holds the digest of what it was made from and an index, each further
line an entry. It is made anew whenever a knowledge file or the code that reads it changes.

An entry's line is its required conditions and, behind a tab, the whole entry, both as JSON: most entries that the
index finds fall with their first condition, and need not be read any further.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from triage.knowledge import handles, parse_condition, parse_issue
from triage.knowledge.conditions import Condition, asks_facts_only, check
from triage.knowledge.facts import Facts
from triage.knowledge.issue import KnownIssue
from triage.knowledge.loader import OWN, knowledge_files
from triage.knowledge.reading import Table, read_table
from triage.knowledge.versions import Standing
from triage.model import Incident, Signature
from triage.records import dataclass
from triage.resources import cache_dir, checksum, forget_old
from triage.signature import names

_CODE = (__file__, *(str(module.__file__) for module in (handles, parse_condition, parse_issue)))
_SPELLINGS = str(Path(str(names.__file__)).with_suffix(".toml"))
_NOWHERE = Path("knowledge cache")
_MOST_KEPT = 4
"""Each set of directories has a file of its own; those used last are kept."""
_TAB = "\t"
"""Stands between two JSON texts of a line; inside them it is always escaped."""


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """Entries as JSON, and for every handle the numbers of the entries that can be found by it."""

    entries: Sequence[str]
    index: Mapping[str, Sequence[int]]

    def relevant(self, incident: Incident, signature: Signature) -> tuple[KnownIssue, ...]:
        """The issues whose required facts are there, by id."""
        facts = Facts(incident, signature)
        numbers: set[int] = set()
        for handle in handles.handles_of_incident(facts):
            numbers.update(self.index.get(handle, ()))
        lines = (self.entries[number].split(_TAB, 1) for number in sorted(numbers))
        return tuple(_issue_of(entry) for required, entry in lines if _may_fit(required, facts))


def _may_fit(required: str, facts: Facts) -> bool:
    return all(check(condition, facts, {}, Standing.UNKNOWN).met for condition in _conditions_of(required))


@cache
def _conditions_of(required: str) -> tuple[Condition, ...]:
    tables = (Table(_NOWHERE, "", data) for data in json.loads(required))
    return tuple(parse_condition.parse_condition(table, weighted=False) for table in tables)


@cache
def _issue_of(entry: str) -> KnownIssue:
    data: dict[str, Any] = json.loads(entry)
    data["last_checked"] = date.fromisoformat(data["last_checked"])
    return parse_issue.parse_issue(Table(_NOWHERE, "", data))


def open_knowledge(*extra_dirs: Path | str) -> KnowledgeBase:
    """The package's known issues, and those of ``extra_dirs``, which replace the package's with the same id.

    Raises:
        KnowledgeError: a file cannot be read, is no TOML or states something impossible; it names file, line and key.
    """
    files = [path for directory in (OWN, *extra_dirs) for path in knowledge_files(directory)]
    digest = _digest(files)
    place = cache_dir()
    kept = place / f"knowledge-{_name_of(extra_dirs)}.jsonl" if place else None
    base = _from_cache(kept, digest) if kept else None
    if base is None:
        base = _from_files(files)
        if kept:
            _keep(base, kept, digest)
    return base


def _from_files(files: Iterable[str]) -> KnowledgeBase:
    issues: dict[str, tuple[KnownIssue, str]] = {}
    for path in files:
        table = read_table(Path(path))
        issue = parse_issue.parse_issue(table)
        issues[issue.id] = issue, _line(issue, table.data)
    index: dict[str, list[int]] = {}
    for number, key in enumerate(sorted(issues)):
        for handle in sorted(handles.handles_of_issue(issues[key][0])):
            index.setdefault(handle, []).append(number)
    return KnowledgeBase([issues[key][1] for key in sorted(issues)], index)


def _line(issue: KnownIssue, data: Mapping[str, Any]) -> str:
    required = [data["required"][n] for n, condition in enumerate(issue.required) if asks_facts_only(condition)]
    whole = {key: value for key, value in data.items() if key != "samples"}
    return _TAB.join(json.dumps(part, default=date.isoformat, ensure_ascii=False) for part in (required, whole))


def _digest(files: Sequence[str]) -> str:
    """Changes with every change of a file's name, size or time."""
    paths = (*_CODE, _SPELLINGS, *files)
    return checksum(f"{path}\0{_state(path)}\n".encode(errors="surrogateescape") for path in paths)


def _state(path: str) -> str:
    """Size and time of a file; nothing for one that is not there, which reading it will tell."""
    try:
        state = os.stat(path)
    except OSError:
        return ""
    return f"{state.st_size}\0{state.st_mtime_ns}"


def _name_of(extra_dirs: Iterable[Path | str]) -> str:
    places = (os.path.abspath(place) for place in (OWN, *extra_dirs))
    return checksum(place.encode(errors="surrogateescape") for place in places)


def _from_cache(kept: Path, digest: str) -> KnowledgeBase | None:
    """What was kept, or ``None`` if there is nothing, it is out of date or damaged."""
    try:
        head, *entries = kept.read_text(encoding="utf-8").split("\n")
        stated = json.loads(head)
        if stated["digest"] != digest or stated["count"] != len(entries):
            return None
        return KnowledgeBase(entries, stated["index"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(base: KnowledgeBase, kept: Path, digest: str) -> None:
    """Writes the cache as a whole, so that a run beside this one never reads half of it; failing is no error."""
    import tempfile

    head = json.dumps({"digest": digest, "count": len(base.entries), "index": base.index}, ensure_ascii=False)
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=kept.parent, prefix=kept.stem, newline="\n", delete=False
        ) as draft:
            draft.write("\n".join([head, *base.entries]))
        os.replace(draft.name, kept)
        forget_old("knowledge-*.jsonl", _MOST_KEPT)
    except OSError:
        return

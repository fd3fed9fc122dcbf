"""``triage knowledge``: look at the known issues, check one's own, try them on their samples."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from triage.knowledge.conditions import Condition
    from triage.knowledge.issue import KnownIssue, Sample
    from triage.model import Incident

    Entry = tuple[Path, KnownIssue]

EXIT_COMPLAINT, EXIT_USAGE = 1, 2
_LOOK = "'triage knowledge list WORD' looks for one"
KNOWLEDGE = click.option(
    "--knowledge",
    "knowledge",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Also use the knowledge files in DIR; repeat it for several. An entry replaces one with the same id.",
)


@click.group()
def knowledge() -> None:
    """Known issues: look at them, check your own, try them on their samples."""


@knowledge.command("list")
@KNOWLEDGE
@click.argument("words", nargs=-1)
def list_(knowledge: tuple[str, ...], words: tuple[str, ...]) -> None:
    """List the known issues, or those whose id or title holds all WORDS."""
    for _, issue in _entries(knowledge):
        if all(word.lower() in f"{' '.join(issue.names)} {issue.title}".lower() for word in words):
            click.echo(f"{issue.id:<34} {issue.title}")


@knowledge.command()
@KNOWLEDGE
@click.argument("id_", metavar="ID")
def show(knowledge: tuple[str, ...], id_: str) -> None:
    """Show one known issue: what it is, how it is told, what to do. ID may be another name of it, such as a CVE."""
    for path, issue in _entries(knowledge):
        if id_.lower() in (name.lower() for name in issue.names):
            click.echo("\n".join(_told(path, issue)))
            return
    raise click.UsageError(f"no known issue is called {id_}; {_LOOK}")


@knowledge.command()
@click.argument("dirs", metavar="[DIR]...", nargs=-1, type=click.Path(exists=True, file_okay=False))
def lint(dirs: tuple[str, ...]) -> None:
    """Check the knowledge files in each DIR, or those of the package: gaps, clashes, unknown names.

    Exits with 1 if there is something to correct.
    """
    from triage.knowledge.lint import lint as check
    from triage.knowledge.loader import OWN, knowledge_files
    from triage.knowledge.parse_issue import load_issue
    from triage.model import TriageError

    entries: list[Entry] = []
    wrong: list[str] = []
    for path in (Path(path) for place in dirs or (OWN,) for path in knowledge_files(place)):
        try:
            entries.append((path, load_issue(path)))
        except TriageError as error:
            wrong.append(str(error))
    wrong += [f"{complaint.path}: {complaint.message}" for complaint in check(entries)]
    for line in wrong:
        click.echo(line)
    click.echo(f"{len(entries)} known issues, {len(wrong)} to correct", err=True)
    sys.exit(EXIT_COMPLAINT if wrong else 0)


@knowledge.command()
@KNOWLEDGE
@click.argument("ids", metavar="[ID]...", nargs=-1)
def test(knowledge: tuple[str, ...], ids: tuple[str, ...]) -> None:
    """Try every known issue, or those called ID, on its own samples.

    Exits with 1 if a sample gets another verdict than its entry claims.
    """
    tried, wrong = 0, 0
    entries = _entries(knowledge)
    wanted = {name.lower() for name in ids}
    if unknown := wanted.difference(name.lower() for _, issue in entries for name in issue.names):
        raise click.UsageError(f"no known issue is called {', '.join(sorted(unknown))}; {_LOOK}")
    for path, issue in entries:
        if wanted and wanted.isdisjoint(name.lower() for name in issue.names):
            continue
        for number, sample in enumerate(issue.samples, 1):
            said = _verdict_on(path, issue, sample, knowledge)
            if said is None:
                click.echo(f"{path}: sample {number}: {sample.path} is not part of this installation", err=True)
                continue
            tried += 1
            if said != sample.expect and (said, sample.expect) != ("candidate", "other"):
                wrong += 1
                click.echo(f"{path}: sample {number} ({sample.note}): expected {sample.expect}, got {said}")
    click.echo(f"{tried} samples, {wrong} with another verdict than the entry claims", err=True)
    sys.exit(EXIT_COMPLAINT if wrong else 0)


def _entries(knowledge: Sequence[str]) -> "list[Entry]":
    """Every entry with its file, by id; what a later directory replaces is left out."""
    from triage.config import knowledge_dirs
    from triage.knowledge.loader import load_entries
    from triage.model import TriageError

    try:
        entries = load_entries(*knowledge_dirs(), *knowledge)
    except TriageError as error:
        click.echo(f"triage: {error}\n        {error.hint}", err=True)
        sys.exit(EXIT_USAGE)
    by_id = {issue.id: (path, issue) for path, issue in entries}
    return [by_id[key] for key in sorted(by_id)]


def _verdict_on(path: Path, issue: "KnownIssue", sample: "Sample", knowledge: Sequence[str]) -> str | None:
    """What the whole analysis says of the issue in a sample; ``None`` if its log is not there."""
    import tempfile

    from triage.config import knowledge_dirs
    from triage.pipeline import NoServerLogError, Options, analyze

    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "sample.log"
        if sample.log is not None:
            log.write_text(sample.log, encoding="utf-8")
        else:
            roots = (path.parent, Path(__file__).resolve().parent.parent)
            found = next((root / str(sample.path) for root in roots if (root / str(sample.path)).is_file()), None)
            if found is None:
                return None
            log = found
        try:
            incidents = analyze([str(log)], Options(knowledge=(*knowledge_dirs(), *knowledge))).incidents
        except NoServerLogError:
            incidents = ()
    return _said(issue, incidents)


def _said(issue: "KnownIssue", incidents: "Iterable[Incident]") -> str:
    verdicts = [incident.verdict for incident in incidents]
    named = next((str(verdict.status) for verdict in verdicts if verdict.issue == issue.id), None)
    if named:
        return named
    listed = any(candidate.issue == issue.id for verdict in verdicts for candidate in verdict.candidates)
    return "candidate" if listed else "other"


def _told(path: Path, issue: "KnownIssue") -> Iterator[str]:
    yield f"{issue.id}: {issue.title}"
    if issue.names[1:]:
        yield f"also: {', '.join(issue.names[1:])}"
    yield issue.cause
    if issue.inferred:
        yield f"Inferred: {issue.inferred}"
    yield f"owner: {issue.owner}; confidence {issue.base} to {issue.ceiling}; checked {issue.last_checked}; {path}"
    fix = issue.fix
    for label, value in (
        ("introduced in", fix.introduced_in),
        ("fix", fix.pull_request or fix.commit),
        ("fixed in", ", ".join(fix.fixed_in)),
    ):
        if value:
            yield f"{label}: {value}"
    for label, conditions in (
        ("Required", issue.required),
        ("Supports", issue.supporting),
        ("Contradicts", issue.contradicting),
    ):
        yield from ("", f"{label}:", *map(_line, conditions)) if conditions else ()
    yield from ("", "Advice:", *(f"  {sentence}" for sentence in issue.advice)) if issue.advice else ()
    yield from ("", *issue.references)


def _line(condition: "Condition") -> str:
    weight = f" ({condition.weight:g})" if condition.weight else ""
    return f"  {condition.told}{weight}"

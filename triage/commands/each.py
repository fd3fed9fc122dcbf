"""``triage analyze DIR --each``: every file is a case of its own; one report per file, and an index of them all."""

import gc
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.commands.outputs import OutputError, Privacy
from triage.records import dataclass

if TYPE_CHECKING:
    from triage.knowledge import KnowledgeBase
    from triage.pipeline import Options
    from triage.render.each_index import Entry, Unread

INDEX = "index.html"
_AT_ONCE = 4
"""Files that a process is given at a time."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A file, what the index calls it, and its report's place below the directory of reports."""

    path: str
    name: str
    report: str


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a file: entries for the index, or why there is no report; ``damaged`` as by the exit code."""

    entries: "tuple[Entry, ...]" = ()
    unread: "Unread | None" = None
    damaged: bool = False


def analyze_each(inputs: Sequence[str], where: str | None, options: "Options", privacy: Privacy) -> tuple[bool, bool]:
    """Write the reports; returns whether any file holds an incident, and whether any was unreadable or damaged.

    ``where`` is the directory of the reports, by default ``<first input>.triage``. The reports have the names of the
    files; what they and the index say is redacted as ``privacy`` demands.
    """
    place = Path(where or f"{inputs[0].rstrip('/')}.triage")
    jobs = list(_jobs(inputs, place))
    if not jobs:
        raise click.UsageError(f"there is no file in {', '.join(inputs)}")
    try:
        place.mkdir(parents=True, exist_ok=True)
        done = _run(jobs, partial(_one, place=place, options=options, privacy=privacy))
        entries = [entry for each in done for entry in each.entries]
        unread = [each.unread for each in done if each.unread is not None]
        from triage.render.each_index import to_index

        (place / INDEX).write_text(to_index(entries, unread), encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"cannot write below {place}: {error.strerror}; name another place with -o") from error
    click.echo(f"index of {len(jobs) - len(unread)} reports: {place / INDEX}", err=True)
    return any(entry.time or entry.verdict for entry in entries), any(each.damaged for each in done)


def _jobs(inputs: Sequence[str], place: Path) -> Iterator[_Job]:
    """The files to read, by name. Reports of an earlier run in the same directory are none of them."""
    reports = place.resolve()
    taken: set[str] = set()
    for name in inputs:
        top = Path(name)
        files = sorted(path for path in top.rglob("*") if not path.is_symlink()) if top.is_dir() else [top]
        for path in files:
            if path.is_dir() or reports in path.resolve().parents:
                continue
            shown = str(path.relative_to(top) if top.is_dir() else path.name)
            report = f"{shown}.triage.html"
            while report in taken:
                report = f"_{report}"
            taken.add(report)
            yield _Job(str(path), shown, report)


def _run(jobs: Sequence[_Job], work: "partial[_Done]") -> list[_Done]:
    """The results in the order of the jobs, by as many processes as there are processors."""
    processes = min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, len(jobs)
    )
    if processes == 1:
        return [work(job) for job in jobs]
    # Before the processes part: what is imported, compiled and read for the first file need not be for the others.
    first = work(jobs[0])
    gc.freeze()
    with ProcessPoolExecutor(processes) as pool:
        return [first, *pool.map(work, jobs[1:], chunksize=_AT_ONCE)]


@cache
def _knowledge(extra_dirs: tuple[str, ...]) -> "KnowledgeBase":
    from triage.knowledge import open_knowledge

    return open_knowledge(*extra_dirs)


def _one(job: _Job, *, place: Path, options: "Options", privacy: Privacy) -> _Done:
    from triage.model import TriageError
    from triage.pipeline import analyze
    from triage.redact import Level, RedactionError, check, redact
    from triage.render import render
    from triage.render.each_index import Unread, entries_of

    knowledge = _knowledge(options.knowledge)
    try:
        safe = redact(analyze([job.path], options, knowledge=knowledge), Level(privacy.level or Level.DEFAULT))
        page = render(safe.analysis, "html")
        entries = entries_of(safe.analysis, job.report)
        check(page, "html", safe)
        check("\n".join(f"{entry.title}\n{entry.signature}" for entry in entries), "text", safe)
    except RedactionError:
        raise
    except TriageError as error:
        # Where the files lay stays unsaid, as in the reports.
        return _Done(unread=Unread(job.name, str(error).replace(job.path, job.name)), damaged=True)
    report = place / job.report
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(page, encoding="utf-8", newline="\n")
    return _Done(entries, damaged=any(entry.problems for entry in safe.analysis.inputs))

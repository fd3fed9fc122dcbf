"""The command ``triage compare``: are two crashes the same?"""

import sys
from typing import TYPE_CHECKING

import click

from triage.commands.case import case_at
from triage.commands.knowledge import KNOWLEDGE
from triage.commands.outputs import REDACTIONS, page, print_out
from triage.commands.refusal import refuse

if TYPE_CHECKING:
    from triage.model import Analysis, Incident

EPILOG = """\b
Examples:
  triage compare monday.log friday.log
  triage compare node-1.log node-2.log --incident-a 1
  triage compare old.json new.log --format json       old.json: an output of triage analyze

\b
Exit codes:
  0  compared, whatever the answer
  2  the command line is wrong
  3  an input can't be read, or shows no crash
  5  the answer still held a private value after redaction; nothing is written
"""


@click.command(epilog=EPILOG)
@click.argument("a")
@click.argument("b")
@click.option("--incident", type=click.IntRange(min=1), metavar="N", help="Compare the Nth incident of both inputs.")
@click.option("--incident-a", type=click.IntRange(min=1), metavar="N", help="The Nth of A; the last if not given.")
@click.option("--incident-b", type=click.IntRange(min=1), metavar="N", help="The Nth of B; the last if not given.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@KNOWLEDGE
@click.option(
    "--redact", "level", type=click.Choice(REDACTIONS),
    help="Hide what is private behind pseudonyms, the same on both sides. Without it: only off a terminal.",
)  # fmt: skip
def compare(
    a: str,
    b: str,
    incident: int | None,
    incident_a: int | None,
    incident_b: int | None,
    format_: str,
    knowledge: tuple[str, ...],
    level: str | None,
) -> None:
    """Say whether the crashes in A and B are the same, and by which facts.

    A and B are logs, or JSON outputs of `triage analyze`. Of several crashes in one input the last is taken.
    """
    from triage.model import TriageError
    from triage.redact import Level, check, redact_together
    from triage.render.crash_comparison import Side, comparison_json, comparison_text
    from triage.signature.comparison import compare as compared

    terminal = sys.stdout.isatty() and format_ == "text"
    chosen = Level(level or (Level.NONE if terminal else Level.DEFAULT))
    try:
        cases = case_at(a, knowledge), case_at(b, knowledge)
        numbers = _number(cases[0], a, incident_a or incident), _number(cases[1], b, incident_b or incident)
        safe, redacted = redact_together(cases, chosen)
        one, other = (
            Side(
                path if chosen is Level.NONE else _name(case, number), number, len(case.incidents), _nth(case, number)
            )
            for path, case, number in zip((a, b), safe, numbers, strict=True)
        )
        # The answer is that of the crashes as they are: what is hidden in both may look alike.
        comparison = compared(_nth(cases[0], numbers[0]), _nth(cases[1], numbers[1]), (one.incident, other.incident))
        if format_ == "json":
            told = comparison_json(comparison, one, other)
        else:
            told = comparison_text(comparison, one, other, *page(terminal=terminal))
        check(told, format_, redacted)
    except TriageError as error:
        refuse(error)
    print_out(told)


def _number(case: "Analysis", path: str, wanted: int | None) -> int:
    """Which incident of a case is compared: the last, unless another is wanted."""
    from triage.model import TriageError

    count = len(case.incidents)
    if not count:
        raise TriageError(f"no crash in {path}: there is nothing to compare")
    if wanted is not None and wanted > count:
        raise click.UsageError(f"{path} shows {count} incident(s); there is no number {wanted}")
    return wanted or count


def _nth(case: "Analysis", number: int) -> "Incident":
    return case.incidents[number - 1]


def _name(case: "Analysis", number: int) -> str:
    """The input that tells of an incident; that of a former output is not there any more."""
    names = [entry.name for entry in case.inputs]
    told_by = _nth(case, number).input
    return told_by if told_by in names else names[0]

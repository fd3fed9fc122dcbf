"""The command ``triage compare``: are two crashes the same?"""

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from triage.commands.case import case_at
from triage.commands.refusal import refuse

if TYPE_CHECKING:
    from triage.render.crash_comparison import Side

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
"""


@click.command(epilog=EPILOG)
@click.argument("a")
@click.argument("b")
@click.option("--incident", type=click.IntRange(min=1), metavar="N", help="Compare the Nth incident of both inputs.")
@click.option("--incident-a", type=click.IntRange(min=1), metavar="N", help="The Nth of A; the last if not given.")
@click.option("--incident-b", type=click.IntRange(min=1), metavar="N", help="The Nth of B; the last if not given.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def compare(
    a: str, b: str, incident: int | None, incident_a: int | None, incident_b: int | None, format_: str
) -> None:
    """Say whether the crashes in A and B are the same, and by which facts.

    A and B are logs, or JSON outputs of `triage analyze`. Of several crashes in one input the last is taken.
    """
    from triage.model import TriageError
    from triage.render.crash_comparison import comparison_json, comparison_text
    from triage.signature.comparison import compare as compared

    try:
        one, other = _side(a, incident_a or incident), _side(b, incident_b or incident)
    except TriageError as error:
        refuse(error)
    comparison = compared(one.incident, other.incident)
    if format_ == "json":
        click.echo(comparison_json(comparison, one, other), nl=False)
        return
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = min(shutil.get_terminal_size().columns, 120) if sys.stdout.isatty() else 100
    click.echo(comparison_text(comparison, one, other, width=width, color=color), nl=False, color=color)


def _side(path: str, number: int | None) -> "Side":
    from triage.model import TriageError
    from triage.render.crash_comparison import Side

    incidents = case_at(path).incidents
    if not incidents:
        raise TriageError(f"no crash in {path}: there is nothing to compare")
    chosen = number or len(incidents)
    if chosen > len(incidents):
        raise click.UsageError(f"{path} shows {len(incidents)} incident(s); there is no number {chosen}")
    return Side(path, chosen, len(incidents), incidents[chosen - 1])

"""``triage diff``: two cases against each other."""

import sys

import click

from triage.commands.case import case_at
from triage.commands.knowledge import KNOWLEDGE
from triage.commands.outputs import REDACTIONS, page, print_out


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--exit-code", is_flag=True, help="Exit with 1 unless both sides show the same bug.")
@KNOWLEDGE
@click.option(
    "--redact", "level", type=click.Choice(REDACTIONS),
    help="Hide what is private behind pseudonyms, the same on both sides. Without it: only off a terminal.",
)  # fmt: skip
def diff(before: str, after: str, exit_code: bool, knowledge: tuple[str, ...], level: str | None) -> None:
    """Compare the cases A and B: before and after an upgrade, one node and another.

    Each is a log; a directory or an archive with all that belongs to one case; or a JSON output of `triage analyze`,
    which holds no log any more, so that findings are then not compared. Says whether both show the same bug, and what
    differs in server, settings, figures and findings.
    """
    from triage.commands.refusal import refuse
    from triage.model import TriageError
    from triage.redact import Level, check, redact_together
    from triage.render.comparison import compare
    from triage.render.comparison_text import to_text

    terminal = sys.stdout.isatty()
    chosen = Level(level or (Level.NONE if terminal else Level.DEFAULT))
    try:
        (one, other), redacted = redact_together([case_at(before, knowledge), case_at(after, knowledge)], chosen)
        comparison = compare(one, other)
        text = to_text(comparison, *page(terminal=terminal))
        check(text, "text", redacted)
    except TriageError as error:
        refuse(error)
    print_out(text)
    if exit_code and not comparison.same_bug:
        sys.exit(1)

"""``triage explain``: what a word of a crash report means."""

import shutil
import sys

import click


@click.command()
@click.argument("words", metavar="[TERM]", nargs=-1)
def explain(words: tuple[str, ...]) -> None:
    """Say what TERM means: si_code 128, RECURSIVE, io_thd, flags … Without TERM, list all terms."""
    from triage.render.terminal import Page
    from triage.render.terms import find_term, similar_names, terms

    page = Page(min(shutil.get_terminal_size().columns, 100), color=False)
    if not words:
        for term in terms():
            page.text(", ".join(term.names), indent="    ", first="")
        click.echo(str(page), nl=False)
        return
    word = " ".join(words)
    found = find_term(word)
    if found is None:
        click.echo(f"triage: no such term: {word!r}", err=True)
        alike = similar_names(word)
        hint = f"Did you mean {', '.join(alike)}?" if alike else "`triage explain` lists all terms."
        click.echo(f"        {hint}", err=True)
        sys.exit(2)
    page.text(", ".join(found.names), style="bold")
    page.text(found.text)
    page.text(f"Source: {found.source}")
    click.echo(str(page), nl=False)

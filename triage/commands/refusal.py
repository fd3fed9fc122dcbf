"""Tells an error on standard error and ends the run with its exit code."""

import sys
from typing import NoReturn

import click

EXIT_UNREADABLE = 3


def refuse(error: Exception) -> NoReturn:
    """Print ``error`` with its hint, then exit: 3 unless the error has a code of its own."""
    hint = getattr(error, "hint", "")
    click.echo(f"triage: {error}", err=True)
    if hint:
        click.echo(f"        {hint}", err=True)
    sys.exit(getattr(error, "exit_code", EXIT_UNREADABLE))

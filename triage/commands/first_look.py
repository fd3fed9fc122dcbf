"""Shows what the end of a long log says while the rest is still being read: a person at a terminal need not wait."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from triage.model import Analysis


def first_look(level: str | None) -> "Callable[[Analysis], None] | None":
    """A callback that shows an analysis of the ends of logs on standard error; ``None`` if that is no terminal.

    Like text on a terminal, it is redacted only if the user asks for that (``level``).
    """
    if not sys.stderr.isatty():
        return None

    def show(analysis: "Analysis") -> None:
        ends = " and ".join(f"{(entry.bytes or 0) / 1e6:.0f} MB of {entry.name}" for entry in analysis.inputs)
        click.echo(f"So far, from the last {ends}; reading the rest:", err=True)
        click.echo(_lines(analysis, level) or "  nothing failed there", err=True)

    return show


def _lines(analysis: "Analysis", level: str | None) -> str:
    from triage.render import render

    if level is None:
        lines = render(analysis, "lines")
    else:
        from triage.redact import Level, check, redact

        safe = redact(analysis, Level(level))
        lines = render(safe.analysis, "lines")
        check(lines, "lines", safe)
    return "\n".join(f"  {line}" for line in lines.splitlines())

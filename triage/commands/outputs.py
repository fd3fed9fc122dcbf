"""Where outputs go, and that what leaves the house is redacted, tested and only then written."""

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.records import dataclass

if TYPE_CHECKING:
    from triage.model import Analysis
    from triage.redact import Redacted

FORMATS = {
    "html": ".html",
    "json": ".json",
    "markdown": ".md",
    "text": ".txt",
    "sarif": ".sarif",
    "jira": ".jira",
    "github-issue": ".issue.md",
    "postmortem": ".postmortem.md",
}
"""The formats and the suffix by which each is known."""
LINES = "lines"
"""What ``--quiet`` prints; a format of its own, but none to choose."""
REDACTIONS = ("none", "default", "strict")
_WIDEST, _WIDTH_OF_A_FILE = 120, 100


class OutputError(click.ClickException):
    """An output cannot be written where the command line wants it."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Target:
    """An output: its format, and where it goes (``-`` is standard output, ``None`` the format's own place)."""

    format: str
    where: str | None = None

    @property
    def on_standard_output(self) -> bool:
        """Whether it is printed: everything but the HTML report, unless a file is named."""
        return self.where == "-" or (self.where is None and self.format != "html")

    @property
    def for_own_eyes(self) -> bool:
        """Whether it is text that only the operator sees: on a terminal, not in a file and not in a pipe."""
        return self.format in ("text", LINES) and self.on_standard_output and sys.stdout.isatty()


@dataclass(frozen=True, slots=True)
class Privacy:
    """How much to hide (``None``: the default, but nothing from the operator's own eyes), and where the map goes."""

    level: str | None = None
    map_file: str | None = None


def targets_of(
    inputs: Sequence[str], formats: Sequence[str], outputs: Sequence[str], *, quiet: bool = False
) -> list[Target]:
    """What the command line asks for; a usage error if it makes no sense."""
    if not formats and not outputs:
        return [Target(LINES)] if quiet else [Target("html"), Target("text")]
    formats = formats or [_format_of(output) for output in outputs]
    if len(outputs) > len(formats):
        raise click.UsageError("more -o than --format: give one -o for each --format, in the same order")
    for output in outputs:
        _keep_inputs(output, inputs)
    padded = [*outputs, *[None] * (len(formats) - len(outputs))]
    targets = [Target(name, where) for name, where in zip(formats, padded, strict=True)]
    printed = any(target.on_standard_output for target in targets)
    return [*targets, Target(LINES)] if quiet and not printed else targets


def write_all(analysis: "Analysis", targets: Sequence[Target], inputs: Sequence[str], privacy: Privacy) -> None:
    """Render and test every output, then write them all.

    Raises ``RedactionError`` before anything is written if one still holds a private value.
    """
    if privacy.map_file is not None:
        _keep_inputs(privacy.map_file, inputs)
    safe = _redacted(analysis, targets, privacy)
    rendered = [(target, _rendered(analysis, safe, target, privacy)) for target in targets]
    if privacy.map_file is not None and safe is not None:
        _write_private(Path(privacy.map_file), safe.pseudonyms.to_json())
    for target, content in rendered:
        if target.on_standard_output:
            print_out(content)
        else:
            _write(content, target.where, inputs)


def _redacted(analysis: "Analysis", targets: Iterable[Target], privacy: Privacy) -> "Redacted | None":
    """The analysis made safe; ``None`` if every output is for the operator's own eyes."""
    if privacy.level is None and privacy.map_file is None and all(target.for_own_eyes for target in targets):
        return None
    from triage.redact import Level, redact

    return redact(analysis, Level(privacy.level or Level.DEFAULT))


def _rendered(analysis: "Analysis", safe: "Redacted | None", target: Target, privacy: Privacy) -> str:
    from triage.render import render

    open_ = safe is None or (target.for_own_eyes and privacy.level is None)
    width, colored = page(terminal=target.on_standard_output and sys.stdout.isatty())
    color = target.format == "text" and colored
    content = render(analysis if safe is None or open_ else safe.analysis, target.format, color=color, width=width)
    if safe is not None and not open_:
        from triage.redact import check

        check(content, target.format, safe)
    return content


def page(*, terminal: bool) -> tuple[int, bool]:
    """How many columns text may take, and whether it may have colours."""
    if not terminal:
        return _WIDTH_OF_A_FILE, False
    return min(shutil.get_terminal_size().columns, _WIDEST), "NO_COLOR" not in os.environ


def _keep_inputs(output: str, inputs: Sequence[str]) -> None:
    if output != "-" and is_input(Path(output), inputs):
        raise click.UsageError(f"{output} would overwrite an input; choose another name")


def is_input(path: Path, inputs: Sequence[str]) -> bool:
    """Whether ``path`` is one of the inputs, under whatever name."""
    # What cannot be looked at (a closed directory, a name that is too long) is told when it is written.
    there = os.path.exists(path)
    return there and any(os.path.exists(name) and path.samefile(name) for name in inputs if name != "-")


def _format_of(output: str) -> str:
    for name, suffix in sorted(FORMATS.items(), key=lambda pair: -len(pair[1])):
        if output.endswith(suffix):
            return name
    raise click.UsageError(f"cannot tell the format of {output!r}; add --format {'|'.join(FORMATS)}")


def _write(content: str, where: str | None, inputs: Sequence[str]) -> None:
    for path in [Path(where)] if where else _beside(inputs):
        try:
            path.write_text(content, encoding="utf-8", newline="\n")
        except OSError as error:
            problem = error
            continue
        if where is None:
            click.echo(f"report: {path}", err=True)
        return
    raise OutputError(f"cannot write {path}: {problem.strerror}; name another place with -o")


def _write_private(path: Path, content: str) -> None:
    """Write a file that only its owner may read, also if it was there before with other permissions."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(file, "w", encoding="utf-8", newline="\n") as stream:
            os.chmod(path, 0o600)
            stream.write(content)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror}; name another place with --redaction-map"
        ) from error


def print_out(content: str) -> None:
    """Write to standard output; a reader that went away (``| head``) is no error."""
    try:
        sys.stdout.buffer.write(content.encode())
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        raise OutputError(f"cannot write to standard output: {error.strerror}") from error


def _silence() -> None:
    """Send standard output nowhere: what is still buffered would fail again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _beside(inputs: Sequence[str]) -> list[Path]:
    """The report's default places: beside the first input, else in the current directory."""
    first = Path("stdin" if inputs[0] == "-" else inputs[0])
    name = f"{first.name}.triage.html"
    places = dict.fromkeys([first.with_name(name), Path(name)])
    free = [place for place in places if not is_input(place, inputs)]
    if not free:
        raise click.UsageError(f"{name} is an input; say with -o where the report goes")
    return free

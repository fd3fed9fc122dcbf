"""The command line: reads options, runs the pipeline, writes the outputs, sets the exit code."""

import gc
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage import __version__
from triage.cli_compare import compare

if TYPE_CHECKING:
    from triage.model import Analysis
    from triage.symbols.find_files import SearchPath

FORMATS = {"html": ".html", "json": ".json", "markdown": ".md", "text": ".txt"}
EXIT_INCIDENT, EXIT_UNREADABLE, EXIT_DAMAGED = 1, 3, 4

_COLLECT_EVERY = 200_000
"""Objects between two garbage collections: a run is short, and the usual 700 cost a tenth of it."""

EPILOG = """\b
Examples:
  triage analyze valkey.log                        report beside the log, verdict here
  triage analyze valkey.log.1.gz valkey.log        rotated parts are one case
  kubectl logs my-valkey-0 | triage analyze -      standard input
  triage analyze valkey.log --format markdown      for a ticket
  triage analyze valkey.log --format json -o - | jq '.incidents[].verdict'
  triage analyze valkey.log --format html -o a.html --format json -o a.json

\b
Exit codes:
  0  analysed, outputs written
  1  with --fail-on-incident: there is an incident
  2  the command line is wrong
  3  an input can't be read or holds nothing of Valkey's or Redis's
  4  outputs written, but an input was damaged or cut (see inputs[].problems)
"""


class OutputError(click.ClickException):
    """An output cannot be written where the command line wants it."""

    exit_code = 2


class Zone(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases of click
    """A time zone: a name of the tz database (``Europe/Berlin``, ``UTC``) or an offset (``+02:00``)."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        """The zone named by ``value``; a usage error if there is none."""
        from datetime import datetime
        from zoneinfo import ZoneInfo

        try:
            if str(value)[:1] in "+-":
                zone = datetime.strptime(str(value), "%z").tzinfo
                if zone is not None:
                    return zone
            return ZoneInfo(str(value))
        except (ValueError, OSError, KeyError):
            self.fail(f"{value!r} is no time zone; write a name such as Europe/Berlin, or +02:00", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="triage")
def main() -> None:
    """Say what killed a Valkey or Redis server, from the log that it left.

    Start with `triage analyze valkey.log`.
    """


@main.command(epilog=EPILOG)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(list(FORMATS)),
    help="Output format; repeat it for several.",
)
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FILE",
    help="Where the output goes, '-' for standard output; one per --format, in the same order. "
    "Alone, its suffix gives the format.",
)  # fmt: skip
@click.option("--fail-on-incident", is_flag=True, help="Exit with 1 if there is an incident.")
@click.option(
    "--young-connection-ms", default=8, show_default=True, type=click.IntRange(min=1), metavar="MS",
    help="Connections up to this age count as new at the failure. It grades the evidence; it is no cliff.",
)  # fmt: skip
@click.option("--timezone", type=Zone(), help="Zone of log times that state none: Europe/Berlin, UTC, +02:00.")
@click.option(
    "--sysroot", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="A copy of the crashed machine's files (of its image): binaries are looked for under it.",
)  # fmt: skip
@click.option(
    "--debug-dir", "debug_dirs", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR", help="Debug files, by build id or name, besides /usr/lib/debug; repeat it for several.",
)  # fmt: skip
@click.option(
    "--show-user-data", is_flag=True,
    help="Show names of clients and arguments of commands that a core holds; without it only their sizes.",
)  # fmt: skip
@click.option("--debuginfod", is_flag=True, help="Fetch missing debug files from the servers of DEBUGINFOD_URLS.")
def analyze(
    inputs: tuple[str, ...],
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    fail_on_incident: bool,
    young_connection_ms: int,
    timezone: tzinfo | None,
    sysroot: Path | None,
    debug_dirs: tuple[Path, ...],
    show_user_data: bool,
    debuginfod: bool,
) -> None:
    """Analyse the log of one case: what died, why, whether it is known, what to do.

    INPUT is a server's log, plain or compressed (gzip, zstd, xz, bzip2); several INPUTs are parts of one case,
    '-' is standard input. Given the server's binary too, its stacks are told with functions, files and lines;
    given a core, all threads and, with debug information, the server's own state.
    Without -o, an HTML report is written beside the input and the verdict is shown here.
    """
    targets = _targets(inputs, formats, outputs)
    gc.set_threshold(_COLLECT_EVERY)
    from triage.analyze import Options
    from triage.analyze import analyze as run
    from triage.console import progress_bar
    from triage.model import TriageError

    try:
        with progress_bar(inputs) as progress:
            search = _search_path(sysroot, debug_dirs, debuginfod)
            analysis = run(inputs, Options(young_connection_ms, timezone, search, show_user_data), progress)
    except TriageError as error:
        _refuse(error)
    for target, name in targets:
        _write(analysis, target, name, inputs)
    # The collections at the interpreter's end would walk every object for nothing: a fifth of a short run.
    gc.freeze()
    sys.exit(_exit_code(analysis, fail_on_incident))


def _search_path(sysroot: Path | None, debug_dirs: tuple[Path, ...], debuginfod: bool) -> "SearchPath | None":
    """Where binaries and debug files are looked for; ``None`` for the usual places."""
    if not (sysroot or debug_dirs or debuginfod):
        return None
    from triage.resources import cache_dir
    from triage.symbols.debuginfod import Debuginfod
    from triage.symbols.find_files import SYSTEM_DEBUG_DIRECTORY, SearchPath

    kept = cache_dir()
    servers = Debuginfod.of_environment(os.environ, kept) if debuginfod and kept else None
    if debuginfod and (servers is None or not servers.urls):
        raise click.UsageError("--debuginfod needs DEBUGINFOD_URLS, as in https://debuginfod.debian.net")
    return SearchPath(sysroot=sysroot, debug_directories=(*debug_dirs, SYSTEM_DEBUG_DIRECTORY), debuginfod=servers)


main.add_command(compare)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL.

    For bash: triage completion bash > ~/.local/share/bash-completion/completions/triage
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is not None:
        click.echo(found(main, {}, "triage", "_TRIAGE_COMPLETE").source())


def _targets(inputs: Sequence[str], formats: Sequence[str], outputs: Sequence[str]) -> list[tuple[str | None, str]]:
    """Pairs of (where, format); ``None`` for the place that a format goes to by itself."""
    if not formats and not outputs:
        return [(None, "html"), (None, "text")]
    if not formats:
        formats = [_format_of(output) for output in outputs]
    if len(outputs) > len(formats):
        raise click.UsageError("more -o than --format: give one -o for each --format, in the same order")
    for output in outputs:
        if output != "-" and _is_input(Path(output), inputs):
            raise click.UsageError(f"-o {output} would overwrite an input; choose another name")
    padded = [*outputs, *[None] * (len(formats) - len(outputs))]
    return list(zip(padded, formats, strict=True))


def _is_input(path: Path, inputs: Sequence[str]) -> bool:
    """Whether ``path`` is one of the inputs, under whatever name."""
    return path.exists() and any(os.path.exists(name) and path.samefile(name) for name in inputs if name != "-")


def _format_of(output: str) -> str:
    for name, suffix in FORMATS.items():
        if output.endswith(suffix):
            return name
    raise click.UsageError(f"cannot tell the format of {output!r}; add --format {'|'.join(FORMATS)}")


def _write(analysis: "Analysis", target: str | None, name: str, inputs: Sequence[str]) -> None:
    from triage.render import render

    if target == "-" or (target is None and name != "html"):
        color = name == "text" and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        width = min(shutil.get_terminal_size().columns, 120) if sys.stdout.isatty() else 100
        _print(render(analysis, name, color=color, width=width))
        return
    content = render(analysis, name)
    for path in [Path(target)] if target else _beside(inputs):
        try:
            path.write_text(content, encoding="utf-8", newline="\n")
        except OSError as error:
            problem = error
            continue
        if target is None:
            click.echo(f"report: {path}", err=True)
        return
    raise OutputError(f"cannot write {path}: {problem.strerror}; name another place with -o")


def _print(content: str) -> None:
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
    free = [place for place in places if not _is_input(place, inputs)]
    if not free:
        raise click.UsageError(f"{name} is an input; say with -o where the report goes")
    return free


def _refuse(error: "Exception") -> None:
    hint = getattr(error, "hint", "")
    click.echo(f"triage: {error}", err=True)
    if hint:
        click.echo(f"        {hint}", err=True)
    sys.exit(getattr(error, "exit_code", EXIT_UNREADABLE))


def _exit_code(analysis: "Analysis", fail_on_incident: bool) -> int:
    if fail_on_incident and analysis.incidents:
        return EXIT_INCIDENT
    return EXIT_DAMAGED if any(entry.problems for entry in analysis.inputs) else 0


if __name__ == "__main__":
    main()

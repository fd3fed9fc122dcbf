"""The command line: reads options, runs the pipeline, writes the outputs, sets the exit code."""

import gc
import os
import sys
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage import __version__
from triage.commands.compare import compare
from triage.commands.diff import diff
from triage.commands.explain import explain
from triage.commands.knowledge import KNOWLEDGE, knowledge
from triage.commands.outputs import FORMATS, REDACTIONS, Privacy, targets_of, write_all
from triage.commands.refusal import refuse

if TYPE_CHECKING:
    from triage.model import Analysis
    from triage.symbols.find_files import SearchPath

EXIT_INCIDENT, EXIT_DAMAGED = 1, 4

_COLLECT_EVERY = 200_000
"""Objects between two garbage collections: a run is short, and the usual 700 cost a tenth of it."""

EPILOG = """\b
Examples:
  triage analyze valkey.log                        report beside the log, verdict here
  triage analyze valkey.log.1.gz valkey.log        rotated parts are one case
  kubectl logs my-valkey-0 | triage analyze -      standard input
  triage analyze valkey.log --format markdown      for a ticket; also jira, github-issue, postmortem
  triage analyze *.log --quiet                     a line per incident, for scripts
  triage analyze valkey.log --format json -o - | jq '.incidents[].verdict'
  triage analyze valkey.log --format html -o a.html --format json -o a.json

\b
Exit codes:
  0  analysed, outputs written
  1  with --fail-on-incident: there is an incident
  2  the command line is wrong
  3  an input can't be read or holds nothing of Valkey's or Redis's
  4  outputs written, but an input was damaged or cut (see inputs[].problems)
  5  an output still held a private value after redaction; nothing is written
"""


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


for command in (compare, diff, explain, knowledge):
    main.add_command(command)


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
@click.option("-q", "--quiet", is_flag=True, help="Print one line per incident and nothing else (tab-separated).")
@click.option(
    "--redact", "level", type=click.Choice(REDACTIONS),
    help="Hide addresses, hosts, users, keys, arguments and secrets behind pseudonyms. Unless told otherwise, "
    "'default' in everything but text on a terminal.",
)  # fmt: skip
@click.option(
    "--redaction-map", "map_file", metavar="FILE", type=click.Path(dir_okay=False),
    help="Write which pseudonym stands for what, for yourself (mode 0600).",
)  # fmt: skip
@KNOWLEDGE
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
    "--each", is_flag=True,
    help="Every file is a case of its own: a report for each and an index by signature, in the directory -o.",
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
    quiet: bool,
    level: str | None,
    map_file: str | None,
    knowledge: tuple[str, ...],
    timezone: tzinfo | None,
    sysroot: Path | None,
    debug_dirs: tuple[Path, ...],
    show_user_data: bool,
    debuginfod: bool,
    each: bool,
) -> None:
    """Analyse the log of one case: what died, why, whether it is known, what to do.

    INPUT is a server's log, plain or compressed (gzip, zstd, xz, bzip2); several INPUTs are parts of one case,
    '-' is standard input. Given the server's binary too, its stacks are told with functions, files and lines;
    given a core, all threads and, with debug information, the server's own state.
    Without -o, an HTML report is written beside the input and the verdict is shown here.
    At a terminal, what the end of a log of 500 MB and more says is shown while the rest is read, unless --quiet.
    """
    targets = [] if each else targets_of(inputs, formats, outputs, quiet=quiet)
    if each and (formats or quiet or map_file or len(outputs) > 1 or "-" in inputs):
        raise click.UsageError("--each writes HTML reports of files: no --format, --quiet, --redaction-map or '-'")
    gc.set_threshold(_COLLECT_EVERY)
    # numpy's library of linear algebra, which nothing here uses, starts a thread for every processor.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from triage.commands.first_look import first_look
    from triage.config import knowledge_dirs
    from triage.console import progress_bar
    from triage.model import TriageError
    from triage.pipeline import Options
    from triage.pipeline import analyze as run

    try:
        search = _search_path(sysroot, debug_dirs, debuginfod)
        options = Options(young_connection_ms, timezone, (*knowledge_dirs(), *knowledge), search, show_user_data)
        if each:
            from triage.commands.each import analyze_each

            crashed, damaged = analyze_each(inputs, next(iter(outputs), None), options, Privacy(level))
            sys.exit(EXIT_INCIDENT if fail_on_incident and crashed else EXIT_DAMAGED if damaged else 0)
        with progress_bar() as progress:
            analysis = run(inputs, options, progress, None if quiet else first_look(level))
        write_all(analysis, targets, inputs, Privacy(level, map_file))
    except TriageError as error:
        refuse(error)
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


def _exit_code(analysis: "Analysis", fail_on_incident: bool) -> int:
    if fail_on_incident and analysis.incidents:
        return EXIT_INCIDENT
    return EXIT_DAMAGED if any(entry.problems for entry in analysis.inputs) else 0


if __name__ == "__main__":
    main()

"""Measures the reading of a large log: triage beside rg, wc, lnav, a Python script and the decompressors.

    python benchmarks/scan_speed.py [--megabytes 1000] [--rounds 5] [--plain]
    python benchmarks/scan_speed.py --short [--write-baseline]

All tools run in turn in one run, and the medians are compared, so that a noisy machine hits all alike. ``--plain``
leaves out the other forms of the log and the slow tools. ``--short`` compares the ratio to the script with that of
``scan_baseline.json``, see ``scan_guard.py``. ``apt-get install ripgrep lnav zstd``; what is not there is left out.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import scan_guard
import scan_inputs
from tool_runs import Run, in_turn, median_of, median_ratio, own_peak_mib

REFERENCE = "rg -c -F -f literals"
PORTABLE = "triage, portable"
"""Without the scanner in C, as where it was not built."""
SCRIPT_MEGABYTES = 100
"""What the script reads of the log: its rate does not change."""
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Tool:
    """A command, and the megabytes of log that it gets through."""

    command: Sequence[str]
    megabytes: float


@dataclass(frozen=True)
class Bar:
    """What is demanded: ``value`` is at least or at most ``limit``."""

    text: str
    value: float
    limit: float
    at_least: bool = False

    def __str__(self) -> str:
        met = self.value >= self.limit if self.at_least else self.value <= self.limit
        sign = ">=" if self.at_least else "<="
        return f"{self.text:<58} {self.value:>8.2f} {sign} {self.limit:<7g} {'met' if met else 'NOT MET'}"


def analysis(log: Path, place: Path) -> list[str]:
    """The full analysis with its report."""
    report = str(place / f"{log.name}.html")
    return [sys.executable, "-m", "triage.cli", "analyze", str(log), "--format", "html", "-o", report]


def plain_tools(megabytes: int, place: Path) -> dict[str, Tool]:
    """Triage and the two scanners on the plain log."""
    log, literals = scan_inputs.log(megabytes), scan_inputs.literals()
    size = log.stat().st_size / MEGABYTE
    return {
        "triage": Tool(analysis(log, place), size),
        REFERENCE: Tool(["rg", "-c", "-F", "-f", str(literals), str(log)], size),
        "wc -l": Tool(["wc", "-l", str(log)], size),
    }


def further_tools(megabytes: int, place: Path) -> dict[str, Tool]:
    """The log in other forms, and tools that take their time."""
    log, literals = scan_inputs.log(megabytes), scan_inputs.literals()
    size = log.stat().st_size / MEGABYTE
    lnav = ["lnav", "-n", "-c", ";SELECT count(*) FROM all_logs", str(log)]
    script = [sys.executable, str(Path(__file__).with_name("re_per_line.py")), str(log), str(literals)]
    tools = {
        PORTABLE: Tool(["env", "TRIAGE_SCAN=portable", *analysis(log, place)], size),
        "re, line by line": Tool([*script, str(SCRIPT_MEGABYTES)], min(SCRIPT_MEGABYTES, size)),
        "lnav -n": Tool(lnav, size),
    }
    for form in ("logfmt", "docker"):
        other = scan_inputs.log(megabytes, form)
        tools[f"triage, {form}"] = Tool(analysis(other, place), other.stat().st_size / MEGABYTE)
    for form in ("gzip", "zstd"):
        packed = scan_inputs.log(megabytes, form)
        tools[f"triage, {form}"] = Tool(analysis(packed, place), size)
        tools[f"{form} -dc"] = Tool([form, "-dc", str(packed)], size)
    return tools


def bars(tools: dict[str, Tool], runs: dict[str, list[Run]]) -> list[Bar]:
    """What is demanded of this run, as far as its tools were there."""
    ours, size = runs["triage"], tools["triage"].megabytes
    cpu = median_of(ours, _cpu)
    found = [
        Bar("MB per CPU-second with a native matcher", size / cpu, 300, at_least=True),
        Bar("peak memory, MB", median_of(ours, _peak) * 1.048576, 250),
    ]
    if REFERENCE in runs:
        found.insert(0, Bar(f"wall time to that of {REFERENCE}", median_ratio(ours, runs[REFERENCE], _wall), 1))
    if PORTABLE in runs:
        found.append(Bar("MB per CPU-second without", size / median_of(runs[PORTABLE], _cpu), 150, at_least=True))
    for form in ("gzip", "zstd"):
        if f"{form} -dc" in runs:
            both = cpu + median_of(runs[f"{form} -dc"], _cpu)
            found.append(
                Bar(f"CPU of {form} to plain and {form} -dc", median_of(runs[f"triage, {form}"], _cpu) / both, 1.25)
            )
    if (docker := "triage, docker") in runs:
        rate = tools[docker].megabytes / median_of(runs[docker], _cpu)
        found.append(Bar("rate of docker json to that of plain", rate * cpu / size, 0.5, at_least=True))
    return found


def print_table(tools: dict[str, Tool], runs: dict[str, list[Run]]) -> None:
    """Medians of all rounds."""
    print(
        f"{'':<22}"
        + "".join(f" {head:>8}" for head in ("MB", "wall s", "CPU s", "MB/CPU-s", "MiB", "wall/rg", "CPU/rg"))
    )
    for name, tool in tools.items():
        cells = _cells(tool, runs[name], runs.get(REFERENCE), tools) if name in runs else ["not here"]
        print(f"{name:<22}" + "".join(f" {cell:>8}" for cell in cells))


def _cells(tool: Tool, row: list[Run], reference: list[Run] | None, tools: dict[str, Tool]) -> list[str]:
    """The figures of one line; its ratios are per megabyte, so that a smaller file counts for what it is."""
    wall, cpu, peak = (median_of(row, figure) for figure in (_wall, _cpu, _peak))
    cells = [f"{tool.megabytes:.0f}", f"{wall:.2f}", f"{cpu:.2f}", f"{tool.megabytes / cpu:.0f}"]
    cells.append(f"{peak:.0f}" if peak > own_peak_mib() else f"<{own_peak_mib():.0f}")
    if reference is not None:
        fair = tools[REFERENCE].megabytes / tool.megabytes
        cells += [f"{median_ratio(row, reference, figure) * fair:.2f}" for figure in (_wall, _cpu)]
    return cells


def measure(megabytes: int, rounds: int, plain: bool) -> None:
    """Run everything and print the table and the bars."""
    with tempfile.TemporaryDirectory() as place:
        tools = plain_tools(megabytes, Path(place))
        if not plain:
            tools |= further_tools(megabytes, Path(place))
        there = {name: tool.command for name, tool in tools.items() if shutil.which(tool.command[0])}
        runs = in_turn(there, rounds)
    print_table(tools, runs)
    print(f"medians of {rounds} rounds; a mapped file counts to the memory of rg\n")
    for bar in bars(tools, runs):
        print(bar)


def main() -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=1000, help="size of the log (default: 1000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each tool runs (default: 5)")
    parser.add_argument("--plain", action="store_true", help="only the plain log: triage, rg, wc")
    parser.add_argument("--short", action="store_true", help="a small log, compared with the baseline")
    parser.add_argument("--write-baseline", action="store_true", help="with --short: make this run the baseline")
    wanted = parser.parse_args()
    if wanted.short or wanted.write_baseline:
        return scan_guard.guard(write=wanted.write_baseline)
    measure(wanted.megabytes, wanted.rounds, wanted.plain)
    return 0


def _wall(run: Run) -> float:
    return run.wall


def _cpu(run: Run) -> float:
    return run.cpu


def _peak(run: Run) -> float:
    return run.peak_mib


if __name__ == "__main__":
    sys.exit(main())

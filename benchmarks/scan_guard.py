"""Notices when reading a log has become slower: CPU time against a Python script's in the same run, and a baseline.

The script is ``re_per_line.py``, which is there wherever the tests run. What a log costs is told apart from what any
run costs (the start, the report) by a log of one megabyte with the same processes and crashes. Of each command's CPU
times the least counts, since other programs can only add to them; before a ratio is called worse, further rounds are
run, in which a busy machine may calm down and a slower triage does not become faster.
"""

import json
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import scan_inputs
from tool_runs import Run, in_turn

BASELINE = Path(__file__).with_name("scan_baseline.json")
COMMAND = "python benchmarks/scan_speed.py --short --write-baseline"
WORSE = 4 / 3
MEGABYTES = 64
ROUNDS, MOST_ROUNDS = 4, 12

Ratios = dict[str, float]


def guard(*, write: bool) -> int:
    """Compare with the baseline, or ``write`` it; returns 1 if a ratio is worse by a third."""
    with tempfile.TemporaryDirectory() as place:
        tools = commands(f"{place}/report.html")
        if write:
            measured = ratios(in_turn(tools, MOST_ROUNDS, warm_up=False))
            BASELINE.write_text(json.dumps(_described(measured), indent=2) + "\n")
            print(f"written: {BASELINE}")
            return 0
        limits = {name: ratio * WORSE for name, ratio in json.loads(BASELINE.read_text())["ratios"].items()}
        measured = _until_kept(tools, limits)
    print("CPU time to that of re_per_line.py")
    for name, ratio in measured.items():
        told = "kept" if ratio <= limits[name] else "WORSE than the baseline by more than a third"
        print(f"  {name:<10} {ratio:>7.3f}, at most {limits[name]:.3f}: {told}")
    return int(_is_worse(measured, limits))


def _until_kept(tools: Mapping[str, Sequence[str]], limits: Ratios) -> Ratios:
    """The ratios of as few rounds as keep the limits, or of ``MOST_ROUNDS``."""
    runs: dict[str, list[Run]] = {name: [] for name in tools}
    while True:
        for name, more in in_turn(tools, ROUNDS, warm_up=False).items():
            runs[name] += more
        measured = ratios(runs)
        if not _is_worse(measured, limits) or len(runs["script"]) >= MOST_ROUNDS:
            return measured


def _is_worse(measured: Ratios, limits: Ratios) -> bool:
    return any(ratio > limits[name] for name, ratio in measured.items())


def commands(report: str) -> dict[str, list[str]]:
    """What is run: triage on a plain log, one of docker's and a small one, and the script."""
    plain, docker, small = scan_inputs.log(MEGABYTES), scan_inputs.log(MEGABYTES, "docker"), scan_inputs.log(1)
    triage = [sys.executable, "-m", "triage.cli", "analyze", "--format", "html", "-o", report]
    script = str(Path(__file__).with_name("re_per_line.py"))
    return {
        "plain": [*triage, str(plain)],
        "docker": [*triage, str(docker)],
        "small": [*triage, str(small)],
        "script": [sys.executable, script, str(plain), str(scan_inputs.literals())],
    }


def ratios(runs: Mapping[str, Sequence[Run]]) -> Ratios:
    """What triage takes for more of a log, and for a small one, as a share of what the script takes for all of it."""
    least = {name: min(run.cpu for run in each) for name, each in runs.items()}
    return {
        "plain": (least["plain"] - least["small"]) / least["script"],
        "docker": (least["docker"] - least["small"]) / least["script"],
        "small": least["small"] / least["script"],
    }


def _described(measured: Ratios) -> dict[str, object]:
    return {
        "written_by": COMMAND,
        "megabytes": MEGABYTES,
        "rounds": MOST_ROUNDS,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "ratios": {name: round(ratio, 3) for name, ratio in measured.items()},
    }

"""The same input gives the same bytes in every format, whatever the machine around it looks like."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from expectations import FIXTURES

from triage.commands.outputs import FORMATS

LOGS = {
    "known issue": FIXTURES / "flagship-stock-verbose" / "server.log.zst",
    "several incidents": FIXTURES / "lab2-60-v801-three-crashes-one-log" / "server.log",
    "no incident": FIXTURES / "lab2-53-v912-neg-cluster-failover" / "server.log",
}
MACHINES = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LANG": "C.UTF-8", "COLUMNS": "80", "USER": "one"},
    {
        "PYTHONHASHSEED": "2",
        "TZ": "Asia/Kolkata",
        "LANG": "tr_TR.UTF-8",
        "LC_ALL": "C",
        "COLUMNS": "200",
        "USER": "two",
    },
)


def outputs(log: Path, place: Path, machine: dict[str, str]) -> dict[str, bytes]:
    """Every format as a fresh process writes it, in a home and a working directory of its own."""
    place.mkdir()
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")}
    wanted = [word for name in FORMATS for word in ("--format", name, "-o", str(place / name))]
    command = [sys.executable, "-m", "triage.cli", "analyze", str(log), *wanted]
    environment = kept | machine | {"HOME": str(place), "XDG_CACHE_HOME": str(place / "cache")}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name: (place / name).read_bytes() for name in FORMATS}


@pytest.mark.parametrize("name", sorted(LOGS))
def test_two_machines_write_the_same_bytes(name: str, tmp_path: Path) -> None:
    one, other = (outputs(LOGS[name], tmp_path / machine["USER"], machine) for machine in MACHINES)
    assert [name for name in FORMATS if one[name] != other[name]] == []

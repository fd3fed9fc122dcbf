"""The command line: what it writes where, what it refuses, its exit codes, its help."""

import json
import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from command import COMMAND, in_terminal, triage
from expectations import FIXTURES, fixtures

FLAGSHIP = FIXTURES / "flagship-stock-verbose" / "server.log.zst"
CALM = FIXTURES / "lab2-50-r806-neg-sigterm-normal" / "server.log"
CRASH = FIXTURES / "lab2-10-v912-segfault-tls-cluster" / "server.log"
SCHEMA = json.loads((files("triage.render") / "triage-analysis-1.schema.json").read_text())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return Path(shutil.copy(CRASH, tmp_path / "valkey.log"))


def test_a_report_is_written_beside_the_input_and_the_verdict_is_shown(log: Path) -> None:
    before = log.read_bytes()
    done = triage("analyze", log)
    report = log.with_name("valkey.log.triage.html")
    assert done.returncode == 0
    assert report.read_text().lower().startswith("<!doctype html>")
    assert str(report) in done.stderr.decode()
    assert "SIGSEGV" in done.stdout.decode()
    assert log.read_bytes() == before


def test_a_second_run_replaces_its_own_report(log: Path) -> None:
    report = log.with_name("valkey.log.triage.html")
    triage("analyze", log)
    first = report.read_text()
    report.write_text("old")
    assert triage("analyze", log).returncode == 0
    assert report.read_text() == first


@pytest.mark.parametrize(
    ("name", "begins"), [("html", "<!doctype html>"), ("json", "{"), ("markdown", "#"), ("text", "Crashed with")]
)
def test_every_format_can_go_to_standard_output(log: Path, name: str, begins: str) -> None:
    done = triage("analyze", log, "--format", name, "-o", "-")
    assert done.returncode == 0
    assert done.stdout.decode().lstrip().lower().startswith(begins.lower())
    assert list(log.parent.iterdir()) == [log]


def test_several_formats_go_to_their_own_files_in_one_run(log: Path, tmp_path: Path) -> None:
    names = {"html": "a.html", "json": "b.json", "markdown": "c.md", "text": "d.txt"}
    pairs = [word for name, file in names.items() for word in ("--format", name, "-o", tmp_path / file)]
    assert triage("analyze", log, *pairs).returncode == 0
    assert all("SIGSEGV" in (tmp_path / file).read_text() for file in names.values())


def test_the_suffix_of_the_output_gives_the_format(log: Path, tmp_path: Path) -> None:
    assert triage("analyze", log, "-o", tmp_path / "report.json").returncode == 0
    assert json.loads((tmp_path / "report.json").read_text())["schema"] == "triage-analysis/1"


def test_standard_input_is_read(log: Path) -> None:
    done = triage("analyze", "-", "--format", "json", "-o", "-", stdin=log.read_bytes())
    (incident,) = json.loads(done.stdout)["incidents"]
    assert (done.returncode, incident["signal"]["name"]) == (0, "SIGSEGV")


def test_standard_input_without_o_leaves_its_report_in_the_current_directory(log: Path, tmp_path: Path) -> None:
    place = tmp_path / "empty"
    place.mkdir()
    done = triage("analyze", "-", stdin=log.read_bytes(), cwd=place)
    assert done.returncode == 0
    assert [path.name for path in place.iterdir()] == ["stdin.triage.html"]


def test_two_parts_of_a_log_are_one_case(log: Path, tmp_path: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    older, newer = tmp_path / "valkey.log.1", tmp_path / "valkey.log.0"
    older.write_bytes(b"".join(lines[:5]))
    newer.write_bytes(b"".join(lines[5:]))
    done = triage("analyze", older, newer, "--format", "json", "-o", "-")
    told = json.loads(done.stdout)
    assert [entry["lines"] for entry in told["inputs"]] == [5, len(lines) - 5]
    assert [incident["kind"] for incident in told["incidents"]] == ["signal"]


@pytest.mark.parametrize(
    ("path", "code"), [(CRASH, 1), (FLAGSHIP, 1), (CALM, 0), (FIXTURES / "control-801" / "server.log.zst", 0)]
)
def test_fail_on_incident_is_for_scripts(path: Path, code: int) -> None:
    assert triage("analyze", path, "--fail-on-incident", "--format", "json", "-o", "-").returncode == code


@pytest.mark.parametrize("case", [case for case in fixtures() if case.name[-1] in "15ry"], ids=lambda case: case.name)
def test_the_json_is_valid_by_its_published_schema_and_the_same_twice(case) -> None:
    first, second = (triage("analyze", *case.inputs, "--format", "json", "-o", "-").stdout for _ in range(2))
    jsonschema.validate(json.loads(first), SCHEMA)
    assert first == second


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Missing argument"),
        ((CRASH, "--format", "pdf"), "pdf"),
        ((CRASH, "--no-such-option"), "no-such-option"),
        ((CRASH, "-o", "report.xyz"), "report.xyz"),
        ((CRASH, "--format", "json", "-o", "a.json", "-o", "b.json"), "-o"),
        ((CRASH, "--young-connection-ms", "soon"), "soon"),
        ((CRASH, "--young-connection-ms", "0"), "young-connection-ms"),
        ((CRASH, "--timezone", "Mars/Olympus"), "Mars/Olympus"),
        ((CRASH, "-o", CRASH, "--format", "text"), "overwrite"),
    ],
)
def test_a_wrong_command_line_exits_with_2(arguments: tuple[object, ...], says: str, tmp_path: Path) -> None:
    done = triage("analyze", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_said(log: Path, tmp_path: Path) -> None:
    done = triage("analyze", log, "--format", "html", "-o", tmp_path / "missing" / "report.html")
    assert done.returncode == 2
    assert "missing" in done.stderr.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full, as Linux has")
@pytest.mark.parametrize("name", ["html", "json", "text"])
def test_a_full_disk_behind_standard_output_is_said(log: Path, name: str) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [*COMMAND, "analyze", str(log), "--format", name, "-o", "-"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("options", [("-o", "a" * 300 + ".html"), ("--redaction-map", "a" * 300)])
def test_a_name_that_no_file_can_have_is_said(options: tuple[str, str], log: Path, tmp_path: Path) -> None:
    done = triage("analyze", log, *options, cwd=tmp_path)
    assert done.returncode == 2
    assert "File name too long; name another place" in done.stderr.decode()


def test_a_report_whose_name_would_be_too_long_is_said(log: Path, tmp_path: Path) -> None:
    done = triage("analyze", log.rename(tmp_path / ("b" * 250)))
    assert done.returncode == 2
    assert "name another place with -o" in done.stderr.decode()


def test_an_input_is_not_overwritten_under_another_name(log: Path, tmp_path: Path) -> None:
    before = log.read_bytes()
    (tmp_path / "link.txt").symlink_to(log)
    done = triage("analyze", log, "-o", tmp_path / "link.txt")
    assert (done.returncode, log.read_bytes()) == (2, before)


def test_a_hard_link_to_an_input_is_not_overwritten(log: Path, tmp_path: Path) -> None:
    before = log.read_bytes()
    os.link(log, tmp_path / "hard.txt")
    done = triage("analyze", log, "-o", tmp_path / "hard.txt")
    assert (done.returncode, log.read_bytes()) == (2, before)


def test_an_input_called_like_the_report_is_not_overwritten(log: Path) -> None:
    trap = log.with_name("valkey.log.triage.html")
    shutil.copy(CALM, trap)
    before = trap.read_bytes()
    triage("analyze", log, trap)
    assert trap.read_bytes() == before


def test_the_threshold_for_young_connections_can_be_set() -> None:
    def finding(*arguments: str) -> dict:
        done = triage("analyze", FLAGSHIP, "--format", "json", "-o", "-", *arguments)
        (incident,) = json.loads(done.stdout)["incidents"]
        return next(finding for finding in incident["findings"] if finding["id"] == "new-connections")

    usual, wide = finding(), finding("--young-connection-ms", "40")
    assert (usual["data"]["threshold_ms"], usual["data"]["at_or_under_threshold"]) == (8, 1)
    assert (wide["data"]["threshold_ms"], wide["data"]["at_or_under_threshold"]) == (40, 3)


@pytest.mark.parametrize(("zone", "offset"), [("+02:00", "+02:00"), ("Asia/Tokyo", "+09:00"), ("UTC", "+00:00")])
def test_a_zone_is_given_to_times_that_state_none(zone: str, offset: str, log: Path) -> None:
    done = triage("analyze", log, "--timezone", zone, "--format", "json", "-o", "-")
    assert json.loads(done.stdout)["inputs"][0]["first_time"].endswith(offset)


@pytest.mark.parametrize("arguments", [(), ("analyze",)])
def test_the_help_teaches(arguments: tuple[str, ...]) -> None:
    done = triage(*arguments, "--help")
    assert done.returncode == 0
    assert "triage analyze valkey.log" in done.stdout.decode()


def test_the_help_of_analyze_tells_the_exit_codes() -> None:
    told = triage("analyze", "--help").stdout.decode()
    assert all(f"  {code}  " in told for code in range(5))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_there(shell: str) -> None:
    done = triage("completion", shell)
    assert done.returncode == 0
    assert "_TRIAGE_COMPLETE" in done.stdout.decode()


def test_the_version_is_shown_without_loading_the_heavy_libraries() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], "--version"], capture_output=True, text=True, check=True
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in loaded
    assert not loaded & {"pandas", "numpy", "lark", "jinja2", "rich"}
    assert "0.1" in done.stdout


@pytest.mark.parametrize("setting", [{}, {"NO_COLOR": "1"}])
def test_colour_is_for_terminals_and_can_be_refused(setting: dict[str, str]) -> None:
    assert (b"\x1b[" in in_terminal("analyze", CRASH, "--format", "text", **setting)) is not bool(setting)


def test_a_pipe_gets_no_colour_and_no_progress(log: Path) -> None:
    done = triage("analyze", log, "--format", "text")
    assert b"\x1b" not in done.stdout + done.stderr
    assert done.stderr == b""


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{' '.join(COMMAND)} analyze {FLAGSHIP} --format json -o - | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b'{\n  "schem', b"")


def test_in_a_terminal_the_verdict_is_shown_and_the_report_named(log: Path) -> None:
    shown = in_terminal("analyze", log).decode()
    assert "SIGSEGV" in shown
    assert "report: " in shown
    assert log.with_name("valkey.log.triage.html").exists()

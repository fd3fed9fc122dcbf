"""The installed package works without the checkout: wheel, clean environment, empty directory."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from expectations import FIXTURES

ROOT = Path(__file__).parent.parent
FLAGSHIP = FIXTURES / "flagship-stock-verbose" / "server.log.zst"
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    # A copy: building leaves traces, and other tests read the checkout at the same time.
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "fixtures", "tests", "docs", "dist", "build"))
    run(sys.executable, *PIP, "wheel", "--no-deps", "--wheel-dir", place, source, cwd=place)
    return next(place.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``triage`` command of a clean virtual environment."""
    place = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", place, cwd=place)
    run(place / "bin" / "python", *PIP, "install", wheel, cwd=place)
    return place / "bin" / "triage"


def test_the_wheel_carries_grammars_templates_knowledge_and_schema(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    needed = {
        *(f"triage/grammars/{path.name}" for path in (ROOT / "grammars").iterdir() if path.is_file()),
        *(f"triage/reports/{path.name}" for path in (ROOT / "reports").iterdir() if path.is_file()),
        *(f"triage/knowledge/issues/{path.name}" for path in (ROOT / "triage/knowledge/issues").glob("*.toml")),
        "triage/render/triage-analysis-1.schema.json",
        "triage/py.typed",
    }
    assert needed <= names
    assert not [name for name in names if name.startswith(("tests/", "fixtures/", "benchmarks/"))]


def test_the_installed_command_analyses_from_an_empty_directory(installed: Path, tmp_path: Path) -> None:
    shutil.copy(FLAGSHIP, tmp_path / "valkey.log.zst")
    done = run(installed, "analyze", "valkey.log.zst", cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert "valkey-io/valkey#1883" in done.stdout
    assert "valkey-io/valkey#1883" in (tmp_path / "valkey.log.zst.triage.html").read_text()


@pytest.mark.parametrize("name", ["html", "json", "markdown", "text"])
def test_every_format_comes_out_of_the_installed_command(installed: Path, tmp_path: Path, name: str) -> None:
    run(installed, "analyze", FLAGSHIP, "--format", name, "-o", "report", cwd=tmp_path)
    content = (tmp_path / "report").read_text()
    assert "valkey-io/valkey/issues/1883" in content or "valkey-io/valkey#1883" in content
    if name == "json":
        assert json.loads(content)["incidents"][0]["verdict"]["status"] == "known"


def test_a_home_that_cannot_be_written_to_does_not_matter(installed: Path, tmp_path: Path) -> None:
    done = run(
        installed, "analyze", FLAGSHIP, "--format", "text", cwd=tmp_path, HOME="/proc", XDG_CACHE_HOME="/proc/none"
    )
    assert "valkey-io/valkey#1883" in done.stdout

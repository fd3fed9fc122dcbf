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


def built(place: Path, **environment: str) -> Path:
    source = place / "source"
    # A copy: building leaves traces, and other tests read the checkout at the same time.
    unwanted = shutil.ignore_patterns(".*", "*.so", "fixtures", "tests", "docs", "dist", "build")
    shutil.copytree(ROOT, source, ignore=unwanted)
    run(sys.executable, *PIP, "wheel", "--no-deps", "--wheel-dir", place, source, cwd=place, **environment)
    return next(place.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"))


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


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: install gcc")
def test_one_wheel_with_the_scanner_in_c_serves_all_versions_of_python(wheel: Path, installed: Path) -> None:
    assert "triage/logs/_native.abi3.so" in zipfile.ZipFile(wheel).namelist()
    assert "-cp311-abi3-" in wheel.name
    asked = "from triage.logs.scan_backend import backend; print(backend().name)"
    assert run(installed.parent / "python", "-c", asked, cwd=installed.parent).stdout == "native\n"


def test_without_a_compiler_the_wheel_is_pure_python(tmp_path: Path) -> None:
    wheel = built(tmp_path, CC="/bin/false")
    assert wheel.name.endswith("-py3-none-any.whl")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".so", ".c"))]


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

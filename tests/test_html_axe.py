"""The accessibility rules of axe-core find nothing wrong with the report, opened in a real browser."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from chromium import BINARY, Chromium

from triage.pipeline import analyze
from triage.render import render

FIXTURES = Path(__file__).parent.parent / "fixtures"
LOGS = {
    "known issue": "flagship-stock-verbose/server.log.zst",
    "failing instruction": "lab2-13-v801-segfault-tls-cluster/server.log",
    "several incidents": "lab2-60-v801-three-crashes-one-log/server.log",
    "no incident": "lab2-53-v912-neg-cluster-failover/server.log",
}
SCREENS = [(width, scheme) for width in (390, 1280, 1920) for scheme in ("light", "dark")]
INSTALL_SECONDS = 120
FAULTS = """
axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(
    rule => `${rule.id}: ${rule.nodes.map(node => node.target.join(' ')).slice(0, 3).join(', ')}`))
"""

pytestmark = pytest.mark.skipif(BINARY is None, reason="no chromium in PATH: apt-get install chromium")


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """The text of axe-core: from the directory that AXE_CORE names, else from npm."""
    home = os.environ.get("AXE_CORE")
    if home is None:
        if shutil.which("npm") is None:
            pytest.skip("no npm in PATH and AXE_CORE names no directory of axe-core: apt-get install npm")
        directory = tmp_path_factory.mktemp("npm")
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(directory), "axe-core@4"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            pytest.skip(f"npm could not install axe-core: {done.stderr.strip()[:200]}")
        home = str(directory / "node_modules/axe-core")
    return (Path(home) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("reports")
    written = {}
    for number, (name, log) in enumerate(LOGS.items()):
        written[name] = directory / f"{number}.html"
        written[name].write_text(render(analyze([str(FIXTURES / log)]), "html"), encoding="utf-8")
    return written


@pytest.mark.parametrize("name", sorted(LOGS))
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
@pytest.mark.parametrize("unfolded", [False, True], ids=["folded", "unfolded"])
def test_axe_finds_nothing(browser, files, axe: str, name: str, width: int, scheme: str, unfolded: bool) -> None:
    browser.open(files[name], width, scheme)
    if unfolded:
        browser.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    browser.evaluate(f"{axe};0")
    assert browser.evaluate(FAULTS) == []

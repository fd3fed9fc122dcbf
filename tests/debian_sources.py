"""Servers with debug information at full size: Debian's source packages, fetched by apt and built as their trees do.

Nothing of the machine's own configuration of apt changes: its sources are read, asked for source packages as well,
from this release to unstable, and all that apt writes goes to a directory of the checkout. Builds stay there.
"""

import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from native_builds import tool

WORKSHOP = Path(__file__).parent.parent / "build" / "debian-sources"
NEEDED = "apt-get install dpkg-dev make gcc libc6-dev libssl-dev libjemalloc-dev pkg-config"
HEADERS = ("openssl/ssl.h", "jemalloc/jemalloc.h")
_SOURCES = Path("/etc/apt/sources.list.d")
_BUILD = ("BUILD_TLS=yes", "USE_SYSTEM_JEMALLOC=yes")
"""Debian's trees are patched for the system's jemalloc. ``-g`` they set themselves."""
_OWN = ("CFLAGS", "CPPFLAGS", "LDFLAGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")


@cache
def built(package: str, program: str) -> Path:
    """The program of a source package, unstripped; skips the test if it cannot be had, saying why."""
    kept = sorted(WORKSHOP.glob(f"{package}/*/src/{program}"))
    if kept:
        return kept[-1]
    compiler = tool("gcc", "gcc libc6-dev")
    for program_needed in ("apt-get", "dpkg-source", "make"):
        tool(program_needed, "dpkg-dev make")
    for header in HEADERS:
        check = subprocess.run(
            [compiler, "-E", "-include", header, "-xc", "/dev/null"], capture_output=True, check=False
        )
        if check.returncode:
            pytest.skip(f"{header} is not installed: {NEEDED}")
    tree = _unpacked(package)
    clean = {name: value for name, value in os.environ.items() if name not in _OWN}
    jobs = f"-j{os.cpu_count() or 1}"
    done = subprocess.run(
        ["make", jobs, "-C", str(tree / "src"), program, *_BUILD],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return tree / "src" / program


def _unpacked(package: str) -> Path:
    """The tree of the oldest version whose files the archive still holds: the one that most people run."""
    directory = WORKSHOP / package
    directory.mkdir(parents=True, exist_ok=True)
    settings = _own_apt()
    subprocess.run(["apt-get", *settings, "update"], capture_output=True, check=False)
    told = subprocess.run(
        ["apt-cache", *settings, "showsrc", "--only-source", package], capture_output=True, text=True, check=False
    )
    refused: list[str] = []
    for version in sorted(set(re.findall(r"(?m)^Version: (\S+)$", told.stdout)), key=_by_number):
        fetched = subprocess.run(
            ["apt-get", *settings, "source", f"{package}={version}"], cwd=directory,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        trees = [path for path in directory.glob(f"{package}-*") if path.is_dir()]
        if not fetched.returncode and trees:
            return trees[0]
        refused += [line for line in fetched.stderr.splitlines() if line.startswith("E:")]
    pytest.skip(f"no source package of {package} to be had: {refused[-1] if refused else 'no source of packages'}")


def _by_number(version: str) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", version)]


def _own_apt() -> list[str]:
    """Options that keep apt to sources and directories of our own."""
    apt = WORKSHOP / "apt"
    for part in ("sources", "lists/partial", "cache/archives/partial"):
        (apt / part).mkdir(parents=True, exist_ok=True)
    (apt / "sources" / "source-packages.sources").write_text(_source_packages())
    places = {
        "Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": apt / "sources",
        "Dir::State::Lists": apt / "lists", "Dir::Cache": apt / "cache", "APT::Sandbox::User": "root",
    }  # fmt: skip
    return [word for name, place in places.items() for word in ("-o", f"{name}={place}")]


def _source_packages() -> str:
    """The machine's own sources (deb822), for source packages, and beside the release its backports and unstable."""
    paragraphs = [
        paragraph
        for path in sorted(_SOURCES.glob("*.sources"))
        for paragraph in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n", "", path.read_text()))
        if re.search(r"(?m)^Types:.*\bdeb\b", paragraph)
    ]
    if not paragraphs:
        pytest.skip(f"apt has no sources in the deb822 format in {_SOURCES}")
    asked = [re.sub(r"(?m)^Types:.*$", "Types: deb-src", paragraph).strip() for paragraph in paragraphs]
    release = re.search(r"(?m)^Suites:\s*(\w+)", asked[0])
    wide = re.sub(r"(?m)^Suites:.*$", f"Suites: {release[1] if release else 'stable'}-backports unstable", asked[0])
    return "\n\n".join((*dict.fromkeys(asked), wide)) + "\n"

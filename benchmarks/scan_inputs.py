"""The logs that the benchmarks read: made when they are first needed, and kept outside the checkout.

They lie in ``valkey-triage-benchmarks`` of the system's temporary directory, or where ``TRIAGE_BENCHMARK_INPUTS``
says. Their names hold a digest of what makes them, so that a changed generator makes new ones.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from triage.logs.scan_literals import literals_of

HERE = Path(__file__).parent
MAKER = HERE / "make_log.py"
"""Run in a process of its own: what this one holds in memory would count as that of the tools that it starts."""
MADE_OF = (
    MAKER,
    HERE / "log_lines.py",
    HERE / "log_templates.tsv",
    HERE.parent / "fixtures" / "flagship-stock-verbose" / "server.log.zst",
)
GRAMMARS = ("floods", "notable", "activity", "anchors", "logo")
"""Those that the scan looks for in every line, see ``triage/logs/scan.py``."""
VARIABLE = "TRIAGE_BENCHMARK_INPUTS"


def place() -> Path:
    """The directory of the inputs."""
    path = Path(os.environ.get(VARIABLE) or Path(tempfile.gettempdir()) / "valkey-triage-benchmarks")
    path.mkdir(parents=True, exist_ok=True)
    return path


def log(megabytes: int, form: str = "legacy") -> Path:
    """A log in one of the forms of ``make_log``, or its plain one in ``gzip`` (level 6) or ``zstd`` (level 3)."""
    name = f"{megabytes}mb-{form}-{_digest()}.log"
    if form == "gzip":
        return _kept(name + ".gz", lambda path: _gzip(log(megabytes), path))
    if form == "zstd":
        return _kept(name + ".zst", lambda path: _zstd(log(megabytes), path))
    made = [sys.executable, str(MAKER), "--megabytes", str(megabytes), "--form", form]
    return _kept(name, lambda path: subprocess.run([*made, str(path)], check=True))


def literals() -> Path:
    """What triage looks for in every line, one literal a line, as ``rg -F -f`` takes it."""
    every = literals_of(GRAMMARS).values()
    found = {literal for each in every for literal in each.heads | each.inner if b"\n" not in literal}
    path = place() / "literals.txt"
    path.write_bytes(b"".join(literal + b"\n" for literal in sorted(found)))
    return path


def _kept(name: str, write: Callable[[Path], object]) -> Path:
    """The file of that name; it appears only when it is whole."""
    path = place() / name
    if not path.exists():
        unfinished = path.with_name(f"{name}.{os.getpid()}.part")
        try:
            write(unfinished)
            unfinished.rename(path)
        finally:
            unfinished.unlink(missing_ok=True)
    return path


def _gzip(plain: Path, packed: Path) -> None:
    with plain.open("rb") as source, packed.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as target:
        shutil.copyfileobj(source, target, 1 << 20)


def _zstd(plain: Path, packed: Path) -> None:
    import zstandard

    with plain.open("rb") as source, packed.open("wb") as target:
        zstandard.ZstdCompressor(level=3).copy_stream(source, target)


@cache
def _digest() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in MADE_OF)).hexdigest()[:8]

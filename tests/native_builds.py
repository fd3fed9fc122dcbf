"""The small native server in ``native/``, compiled in several ways, and the cores that it leaves when it dies.

Each build and each core is made once per test session. Where there is no compiler, or the system writes no core file
and there is no gdb to write one, the test that asks is skipped and says how to get what is missing.
"""

import atexit
import contextlib
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "native"
PATIENCE_SECONDS = 60
WAYS = ("assert", "panic", "overflow", "corrupted", "tail", "null-call", "vdso", "callback", "segfault", "thread")
"""The deaths of ``native/deaths.c``; ``thread`` is a segfault in an I/O thread."""
COMMON_FLAGS = ("-D_GNU_SOURCE", "-pthread", "-Wall", "-Wno-infinite-recursion", "-Wno-array-bounds")
_NO_TABLES = ("-fno-asynchronous-unwind-tables", "-fno-unwind-tables")
_CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")


@dataclass(frozen=True)
class Build:
    """How to compile the program; ``split`` moves its debug information to a file beside it, ``NAME.debug``."""

    name: str
    flags: tuple[str, ...]
    split: bool = False
    stripped: bool = False
    compiler: str = "gcc"


BUILDS = {
    build.name: build
    for build in (
        Build("plain", ("-O0", "-g", "-gdwarf-5")),
        Build("lto", ("-O3", "-flto", "-g", "-gdwarf-5")),
        Build("type-units", ("-O2", "-g", "-gdwarf-5", "-fdebug-types-section")),
        Build("type-units-4", ("-O2", "-g", "-gdwarf-4", "-fdebug-types-section")),
        # Divided into parts, as large programs are.
        Build("lto-parts", ("-O3", "-flto", "-flto-partition=max", "-g", "-gdwarf-5")),
        Build("dwarf4", ("-O2", "-g", "-gdwarf-4")),
        Build("no-pie", ("-O2", "-g", "-fno-pie", "-no-pie")),
        Build("frame-pointer", ("-O2", "-g", "-fno-omit-frame-pointer")),
        # Without -g, as that would bring the tables back in .debug_frame.
        Build("no-cfi", ("-O1", "-fno-omit-frame-pointer", *_NO_TABLES)),
        Build("debug-frame", ("-O2", "-g", *_NO_TABLES)),
        Build("compressed", ("-O2", "-g", "-gz")),
        Build("split", ("-O2", "-g"), split=True),
        Build("stripped", ("-O2",), stripped=True),
        # The linker gives a static program no search table for its .eh_frame.
        Build("static", ("-O2", "-g", "-static")),
        # A C library without any tables, as in Alpine's images.
        Build("musl", ("-O2", "-g", "-Wl,--build-id"), compiler="musl-gcc"),
    )
}  # fmt: skip


def tool(name: str, package: str) -> str:
    """The path of a program; skips the test, saying which package has it, where it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return path


@cache
def workshop() -> Path:
    """The directory of this test session, for builds and cores."""
    directory = tempfile.mkdtemp(prefix="native-builds-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return Path(directory)


@cache
def build(name: str) -> Path:
    """The program of that build, in a directory of its own."""
    wanted = BUILDS[name]
    binary = workshop() / name / "server"
    binary.parent.mkdir()
    sources = sorted(path.name for path in SOURCES.glob("*.c"))
    command = [
        tool(wanted.compiler, "gcc libc6-dev musl-tools"),
        *COMMON_FLAGS,
        *wanted.flags,
        *sources,
        "-o",
        str(binary),
    ]
    subprocess.run(command, cwd=SOURCES, check=True)
    if wanted.split:
        _split(binary)
    if wanted.stripped:
        subprocess.run([tool("strip", "binutils"), str(binary)], check=True)
    return binary


def _split(binary: Path) -> None:
    objcopy, debug = tool("objcopy", "binutils"), binary.with_name("server.debug")
    subprocess.run([objcopy, "--only-keep-debug", binary, debug], check=True)
    subprocess.run(
        [objcopy, "--strip-debug", f"--add-gnu-debuglink={debug.name}", binary], cwd=binary.parent, check=True
    )


def core(name: str, way: str, *, handler: bool = False) -> Path:
    """The core of that build after dying that way; with ``handler`` it handles its signals as the server does."""
    return _core(name, way, handler)


@cache
def _core(name: str, way: str, handler: bool) -> Path:
    directory = workshop() / f"{name}-{way}{'-handler' if handler else ''}"
    directory.mkdir()
    return crashed([str(build(name)), way, *(["handler"] if handler else [])], directory)


def core_by_gdb(name: str, way: str, directory: Path) -> Path:
    """The same as ``core`` with a handler, but written by gdb: other notes, and other ranges left out."""
    _crash_under_gdb([str(build(name)), way, "handler"], directory)
    return directory / "core"


def crashed(command: list[str], directory: Path) -> Path:
    """The core of a program that dies at once, run in ``directory``."""
    if _kernel_writes_cores_here():
        with cores_allowed():
            subprocess.run(command, cwd=directory, capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    else:
        _crash_under_gdb(command, directory)
    found = core_in(directory)
    if found is None:
        pytest.skip(f"no core was written; see {_CORE_PATTERN} and `ulimit -Hc`")
    return found


def core_in(directory: Path) -> Path | None:
    """The core file that the kernel left in ``directory``, if it did."""
    return next((path for path in sorted(directory.iterdir()) if path.name.startswith("core")), None)


@contextlib.contextmanager
def cores_allowed() -> Iterator[None]:
    """Processes started in this block may leave cores of any size that the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def _kernel_writes_cores_here() -> bool:
    with contextlib.suppress(OSError):
        pattern = _CORE_PATTERN.read_text().strip()
        return pattern.startswith("core") and "/" not in pattern and resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
    return False


def _crash_under_gdb(command: list[str], directory: Path) -> None:
    """A core by gdb's hand: at the last signal that stops the program (a handler's re-raise overwrites the first)."""
    generate = ["-ex", "generate-core-file core"]
    subprocess.run(
        [tool("gdb", "gdb"), "-batch", "-ex", "run", *generate, "-ex", "continue", *generate, "--args", *command],
        cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip

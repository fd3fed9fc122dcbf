"""Executables and debug files are found by build id where debuggers look, and refused if they are others."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from native_builds import build, tool
from symbol_referee import sample

from triage.symbols.debuginfod import Debuginfod
from triage.symbols.elf_image import ElfImage
from triage.symbols.find_files import FileFinder, SearchPath
from triage.symbols.missing import missing_debug_file, missing_executable
from triage.symbols.module import Module
from triage.symbols.resolver import Resolver


def stripped(directory: Path) -> tuple[ElfImage, Path]:
    """A stripped copy of a build, and its debug information in a file that nothing points to."""
    binary, debug = directory / "server", directory / "kept" / "debug-information"
    debug.parent.mkdir()
    shutil.copy(build("dwarf4"), binary)
    subprocess.run([tool("objcopy", "binutils"), "--only-keep-debug", binary, debug], check=True)
    subprocess.run([tool("strip", "binutils"), binary], check=True)
    return ElfImage.open(binary), debug


def moved(debug: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(debug, place)


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """An HTTP server on loopback with the files of ``directory``."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_the_given_files_come_first(tmp_path: Path) -> None:
    image, debug = stripped(tmp_path)
    finder = FileFinder(SearchPath(given=(image.path, debug), debug_directories=()))
    found = finder.debug_file(image)
    assert found is not None
    assert found.path == debug
    executable = finder.executable(image.build_id, "/somewhere/else")
    assert executable is not None
    assert executable.path == image.path


def test_a_store_by_build_id(tmp_path: Path) -> None:
    image, debug = stripped(tmp_path)
    store, build_id = tmp_path / "store", image.build_id
    moved(debug, store / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug")
    assert FileFinder(SearchPath(debug_directories=(store,))).debug_file(image) is not None
    assert FileFinder(SearchPath(debug_directories=(tmp_path,))).debug_file(image) is None


@pytest.mark.parametrize("place", ["server.debug", ".debug/server.debug", "store/{directory}/server.debug"])
def test_a_debug_link_beside_the_program_or_in_a_store(place: str, tmp_path: Path) -> None:
    _, debug = stripped(tmp_path)
    target = tmp_path / place.format(directory=str(tmp_path).lstrip("/"))
    moved(debug, target)
    linked = tmp_path / "server"
    subprocess.run([tool("objcopy", "binutils"), f"--add-gnu-debuglink={target}", linked], check=True)
    found = FileFinder(SearchPath(debug_directories=(tmp_path / "store",))).debug_file(ElfImage.open(linked))
    assert found is not None
    assert found.path == target


def test_without_build_ids_the_checksum_of_the_debug_link_decides(tmp_path: Path) -> None:
    binary, debug = tmp_path / "server", tmp_path / "server.debug"
    objcopy = tool("objcopy", "binutils")
    subprocess.run([objcopy, "--remove-section=.note.gnu.build-id", build("no-pie"), binary], check=True)
    subprocess.run([objcopy, "--only-keep-debug", binary, debug], check=True)
    subprocess.run([objcopy, "--strip-debug", f"--add-gnu-debuglink={debug}", binary], check=True)
    image = ElfImage.open(binary)
    assert image.build_id is None
    assert FileFinder(SearchPath(debug_directories=())).debug_file(image) is not None
    with debug.open("ab") as file:
        file.write(b"\0")
    assert FileFinder(SearchPath(debug_directories=())).debug_file(image) is None


def test_a_file_with_another_build_id_is_refused_by_name_with_both_ids(tmp_path: Path) -> None:
    wanted, other = ElfImage.open(build("plain")), ElfImage.open(build("dwarf4"))
    root = tmp_path / "root"
    moved(other.path, root / "usr" / "bin" / "server")
    finder = FileFinder(SearchPath(sysroot=root, local=False))
    assert finder.executable(wanted.build_id, "/usr/bin/server") is None
    (problem,) = finder.problems
    for part in (str(root / "usr/bin/server"), wanted.build_id, other.build_id):
        assert part in problem.message


def test_a_path_that_leaves_the_sysroot_is_not_followed(tmp_path: Path) -> None:
    wanted = ElfImage.open(build("plain"))
    moved(wanted.path, tmp_path / "server")
    (tmp_path / "root").mkdir()
    finder = FileFinder(SearchPath(sysroot=tmp_path / "root", local=False))
    assert finder.executable(wanted.build_id, "/../server") is None


@pytest.mark.parametrize("path", ["/" + "a" * 5000, "/usr/\0/server", "/proc/1/mem/server"])
def test_a_path_that_this_machine_cannot_have_is_not_there(path: str) -> None:
    finder = FileFinder(SearchPath())
    assert finder.executable("ab12", path) is None
    assert finder.problems == []


def test_debuginfod_is_asked_once_and_only_if_wanted(tmp_path: Path) -> None:
    image, debug = stripped(tmp_path)
    moved(debug, tmp_path / "www" / "buildid" / image.build_id / "debuginfo")
    kept = tmp_path / "cache"
    with serving(tmp_path / "www") as url:
        assert FileFinder(SearchPath(debug_directories=())).debug_file(image) is None
        servers = Debuginfod.of_environment({"DEBUGINFOD_URLS": f"{url}/nothing {url}/ ftp://x"}, kept)
        assert len(servers.urls) == 2
        assert FileFinder(SearchPath(debug_directories=(), debuginfod=servers)).debug_file(image) is not None
    again = FileFinder(SearchPath(debug_directories=(), debuginfod=servers)).debug_file(image)
    assert again is not None
    assert again.path.is_relative_to(kept)
    assert list(kept.rglob(".partial-*")) == []


def test_what_is_missing_is_told_with_the_command_that_gets_it(tmp_path: Path) -> None:
    image, _ = stripped(tmp_path)
    assert image.build_id in (missing_debug_file(image).command or "")
    assert "debuginfod-find executable 12ab" in (missing_executable("/usr/bin/valkey-server", "12ab").command or "")
    assert "docker cp" in (missing_executable("/usr/bin/valkey-server", None).command or "")


def test_answers_kept_on_disk_need_no_debug_file_and_a_spoilt_cache_no_mercy(tmp_path: Path) -> None:
    image = ElfImage.open(build("lto"))
    addresses = sample(image, 60)
    first = Resolver(cache_directory=tmp_path)
    cold = [first.resolve(image, address, is_return_address=True) for address in addresses]
    first.save()
    (kept,) = tmp_path.rglob("*.json")
    assert image.build_id in kept.name

    again = Resolver(cache_directory=tmp_path)
    assert [again.resolve(image, address, is_return_address=True) for address in addresses] == cold
    for spoilt in (b"", b"\xff\0", b"[1]", b'{"x": 3}', kept.read_bytes().replace(b"[", b"{"), b"[" * 100_000):
        kept.write_bytes(spoilt)
        anew = Resolver(cache_directory=tmp_path)
        assert [anew.resolve(image, address, is_return_address=True) for address in addresses] == cold


def test_a_missing_dwo_file_costs_inlined_calls_and_is_named(tmp_path: Path) -> None:
    source, binary = Path(__file__).parent / "native_log" / "stack.c", tmp_path / "stack"
    command = [tool("gcc", "gcc libc6-dev"), "-O2", "-g", "-gsplit-dwarf", str(source), "-o", str(binary)]
    subprocess.run(command, cwd=tmp_path, check=True)
    image = ElfImage.open(binary)
    crash = Module(image).symbols.find("updateState")
    assert crash is not None
    whole = Module(image, image).resolve(crash, is_return_address=False)
    for dwo in tmp_path.glob("*.dwo"):
        dwo.unlink()
    module = Module(image, image)
    (frame,) = module.resolve(crash, is_return_address=False)
    assert (frame.function, frame.line) == ("updateState", whole[0].line)
    (problem,) = module.problems
    assert ".dwo, which was not found" in problem.message

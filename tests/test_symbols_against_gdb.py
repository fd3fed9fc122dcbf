"""Functions, inlined calls, files and lines as gdb has them, over hundreds of addresses of every kind of build."""

import lzma
import subprocess
from pathlib import Path

import pytest
from core_cases import files_here, read
from native_builds import BUILDS, COMMON_FLAGS, SOURCES, build, core, tool
from symbol_referee import Level, gdb_backtraces, gdb_levels, plain, sample

from triage.cores.frames import CoreFrame
from triage.symbols.dwarf_packages import INDEX
from triage.symbols.elf_image import ElfImage
from triage.symbols.module import Module
from triage.symbols.resolver import Place, Resolver
from triage.symbols.source_frame import SourceFrame
from triage.symbols.symbol_table import Symbols

ADDRESSES = 400
LINES_AGREE = 0.99
CPP = Path(__file__).parent / "native_cpp" / "worker.cc"
CPP_BUILDS = {
    "plain": ("-O0", "-g"),
    "inlining": ("-O3", "-g"),
    "lto": ("-O3", "-g", "-flto"),
    "dwarf4 with type units": ("-O2", "-g", "-gdwarf-4", "-fdebug-types-section"),
    "split units": ("-O2", "-g", "-gsplit-dwarf"),
    "split units of dwarf4": ("-O2", "-g", "-gsplit-dwarf", "-gdwarf-4"),
    "old compression": ("-O2", "-g", "-gz=zlib-gnu"),
}


def ours(resolver: Resolver, image: ElfImage, address: int) -> list[Level]:
    found = resolver.resolve(image, address, is_return_address=False)
    return [level(frame) for frame in found] or [Level(None, None, None)]


def level(frame: SourceFrame) -> Level:
    return Level(plain(frame.function), frame.file and frame.file.rpartition("/")[2], frame.line)


def names(levels: list[Level]) -> list[str | None]:
    return [level.function for level in levels]


def same_names(symbols: Symbols, address: int, ours: list[str | None], theirs: list[str | None]) -> bool:
    """Where only symbols tell, several may name one function: gdb takes any of them."""
    if ours == theirs or len(ours) != 1 or len(theirs) != 1:
        return ours == theirs
    found = symbols.at(address)
    return found is not None and theirs[0] in map(plain, symbols.names_at(found[1]))


def assert_as_gdb(binary: Path, count: int = ADDRESSES, debug_directory: Path | None = None) -> None:
    image, resolver = ElfImage.open(binary), Resolver()
    addresses = sample(image, count)
    pairs = [
        (address, ours(resolver, image, address), theirs)
        for address, theirs in zip(addresses, gdb_levels(binary, addresses, debug_directory), strict=True)
    ]
    symbols = resolver.module(image).symbols
    wrong = [(hex(a), names(x), names(y)) for a, x, y in pairs if not same_names(symbols, a, names(x), names(y))]
    assert wrong == []
    lines = [(hex(a), x, y) for a, x, y in pairs if [level[1:] for level in x] != [level[1:] for level in y]]
    assert len(lines) <= (1 - LINES_AGREE) * len(pairs), lines
    assert resolver.problems == ()


@pytest.mark.parametrize("name", BUILDS)
def test_c_programs_of_every_build(name: str) -> None:
    assert_as_gdb(build(name))


@pytest.mark.parametrize("name", CPP_BUILDS)
def test_cpp_programs(name: str, tmp_path: Path) -> None:
    binary = tmp_path / "worker"
    command = [tool("g++", "g++"), *CPP_BUILDS[name], str(CPP), "-o", str(binary)]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert_as_gdb(binary)


def test_a_program_whose_common_debug_information_dwz_moved_to_another_file(tmp_path: Path) -> None:
    copies = [tmp_path / "one", tmp_path / "two"]
    for copy in copies:
        copy.write_bytes(build("plain").read_bytes())
    command = [tool("dwz", "dwz"), "--multifile", "common.debug", "--relative", "one", "two"]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert ElfImage.open(copies[0]).debugaltlink is not None
    assert_as_gdb(copies[0])


def test_split_units_in_a_package(tmp_path: Path) -> None:
    """binutils' dwp packs DWARF 4 only."""
    flags = [*COMMON_FLAGS, "-O2", "-g", "-gdwarf-4", "-gsplit-dwarf"]
    for source in SOURCES.glob("*.c"):
        subprocess.run([tool("gcc", "gcc libc6-dev"), *flags, "-c", str(source)], cwd=tmp_path, check=True)
    objects = sorted(path.name for path in tmp_path.glob("*.o"))
    subprocess.run(["gcc", "-pthread", *objects, "-o", "server"], cwd=tmp_path, check=True)
    subprocess.run([tool("dwp", "binutils"), "-e", "server"], cwd=tmp_path, check=True)
    for dwo in tmp_path.glob("*.dwo"):
        dwo.unlink()
    assert_as_gdb(tmp_path / "server")
    damaged = bytearray((tmp_path / "server.dwp").read_bytes())
    index = ElfImage(bytes(damaged), "package").section(INDEX)
    assert index is not None
    damaged[index.offset : index.offset + index.size] = b"\xff" * index.size
    (tmp_path / "server.dwp").write_bytes(damaged)
    image = ElfImage.open(tmp_path / "server")
    module = Module(image, image)
    entry = Symbols.of(image).find("tlsProcessPending")
    assert entry is not None
    assert [frame.function for frame in module.resolve(entry, is_return_address=False)] == ["tlsProcessPending"]
    assert any(INDEX in problem.message for problem in module.problems)


def test_static_functions_of_a_stripped_program_by_its_mini_debug_info(tmp_path: Path) -> None:
    """.gnu_debugdata, as Fedora makes it: the function symbols that .dynsym lacks, in a compressed ELF file."""
    objcopy, binary, mini = tool("objcopy", "binutils"), tmp_path / "server", tmp_path / "mini"
    whole = build("dwarf4")
    subprocess.run(
        [objcopy, "-S", "--keep-symbol=abortWithCorruptedStack", "--keep-symbol=main", whole, mini], check=True
    )
    packed = tmp_path / "mini.xz"
    packed.write_bytes(lzma.compress(mini.read_bytes()))
    subprocess.run([objcopy, "-S", f"--add-section=.gnu_debugdata={packed}", whole, binary], check=True)
    assert_as_gdb(binary)
    found = Symbols.of(ElfImage.open(binary))
    assert found.find("main") == Symbols.of(ElfImage.open(whole)).find("main")


@pytest.mark.parametrize("server", ["/usr/bin/valkey-server", "/usr/bin/redis-server"])
def test_stripped_servers_of_debian(server: str, tmp_path: Path) -> None:
    if not Path(server).exists():
        pytest.skip(f"{server} is not installed: apt-get install {Path(server).name}")
    assert_as_gdb(Path(server), 1500, tmp_path)


@pytest.mark.parametrize(
    ("name", "way"),
    [("lto", "assert"), ("lto", "tail"), ("dwarf4", "assert"), ("plain", "segfault"), ("no-pie", "callback"),
     ("split", "panic"), ("compressed", "thread")],
)  # fmt: skip
def test_stacks_with_inlined_and_tail_calls(name: str, way: str) -> None:
    """Every frame of every thread, those included that no unwinder finds: only the compiler knows of them."""
    binary, dump = build(name), core(name, way)
    read_core, resolver, images = read(dump), Resolver(), {}

    def place(frame: CoreFrame) -> Place:
        module = frame.module
        if module is None or frame.module_offset is None:
            return Place(None, frame.pc, frame.return_address)
        if module.path not in images:
            images[module.path] = files_here(module)
        return Place(images[module.path], frame.module_offset, frame.return_address and not frame.trampoline)

    theirs = gdb_backtraces(binary, dump)
    assert theirs.keys() == {thread.tid for thread in read_core.threads}
    for thread in read_core.threads:
        stack = resolver.resolve_stack([place(frame) for frame in thread.frames])
        frames = [source for frame in stack for source in (*frame.functions, *frame.gone)]
        told = [(*level(frame), frame.inlined, frame.tail_call) for frame in frames]
        wanted = [tuple(frame) for frame in theirs[thread.tid]]
        assert told == wanted, (name, way, thread.tid)

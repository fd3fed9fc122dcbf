"""How to get names and lines for frames of the failing thread that have none.

What a log states is quoted for the shell: people paste these commands.
"""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from triage.model import Frame, Incident, Kind, Missing

_ADDRESS_LIMIT = 8
"""How many addresses one command names."""


def symbol_wants(incident: Incident, frames: Sequence[Frame], binary: str) -> Iterator[Missing]:
    """The stack itself, or the binary and the debug symbols that name its frames."""
    if not frames:
        yield Missing(
            "the stack of the failing thread",
            "The report holds none: builds with musl cannot write one. A debugger can get it from a core dump.",
            f"gdb -batch -ex 'thread apply all bt full' {binary} core",
        )
        return
    unnamed = [frame for frame in frames if frame.function is None and frame.module]
    own = [frame for frame in unnamed if not _is_library(frame)]
    if own:
        yield from _binary_wants(incident, own, binary)
    modules = dict.fromkeys(str(frame.module) for frame in unnamed if _is_module(frame))
    for module in modules:
        places = _places(incident, [frame for frame in unnamed if frame.module == module])
        yield Missing(
            f"the module {PurePosixPath(module).name} with its debug symbols",
            "Frames of the failing thread lie in it and have no name.",
            f"addr2line -a -f -i -e {shlex.quote(module)} {places}".rstrip(),
        )


def _binary_wants(incident: Incident, own: Sequence[Frame], binary: str) -> Iterator[Missing]:
    build = incident.server.build_id
    lacking = (
        "1 frame of the failing thread has" if len(own) == 1 else f"{len(own)} frames of the failing thread have"
    )
    yield Missing(
        "the exact binary with its debug symbols" + (f" (build id {build})" if build else ""),
        f"{lacking} no name: static functions are only in the symbol table.",
        f'addr2line -a -f -i -e "$(command -v {binary})" {_places(incident, own)}'.rstrip(),
    )
    if build:
        yield Missing(
            "proof that the binary is the one that failed",
            "Addresses mean nothing in another build: the version line must show the same build.",
            f"{binary} --version | grep {shlex.quote(f'build={build}')}",
        )
    yield Missing(
        "debug symbols, if the binary is stripped",
        "Distributions have them apart: in a package ending in -dbgsym or -debuginfo, or on their debuginfod.",
        f'debuginfod-find debuginfo "$(command -v {binary})"',
    )


def _places(incident: Incident, frames: Sequence[Frame]) -> str:
    return " ".join([place for frame in frames if (place := _place(incident, frame))][:_ADDRESS_LIMIT])


def _place(incident: Incident, frame: Frame) -> str | None:
    """What addr2line takes: the offset in a position-independent binary, the address in another.

    The stack of an assertion or panic holds return addresses only; the call stands one byte before them.
    """
    number = frame.offset if frame.offset is not None else frame.address
    if number is None:
        return None
    return hex(number if incident.kind is Kind.SIGNAL else number - 1)


def _is_library(frame: Frame) -> bool:
    return ".so" in str(frame.module)


def _is_module(frame: Frame) -> bool:
    """Modules are called ``name.so``; a library of the system is ``libname.so.6``, or lies with its like."""
    path = PurePosixPath(str(frame.module))
    system = any(str(path).startswith(place) for place in ("/lib/", "/lib64/", "/usr/lib/x86_64", "/usr/lib/aarch64"))
    return path.suffix == ".so" and not system

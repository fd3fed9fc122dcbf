"""What to say of files that would name more frames, and the commands that get them."""

from pathlib import PurePosixPath

from triage.model import Missing
from triage.symbols.elf_image import ElfImage

_PACKAGED = {
    # Debian's valkey-server is a link to valkey-check-rdb, which valkey-tools holds; Redis likewise.
    "valkey-server": "valkey-tools-dbgsym",
    "valkey-check-rdb": "valkey-tools-dbgsym",
    "redis-server": "redis-tools-dbgsym",
    "redis-check-rdb": "redis-tools-dbgsym",
}


def missing_executable(path: str | None, build_id: str | None) -> Missing:
    """The executable or library that was mapped from ``path`` was not found."""
    name = PurePosixPath(path).name if path else "the executable"
    wanted = f" with build id {build_id}" if build_id else ""
    command = f"debuginfod-find executable {build_id}" if build_id else f"docker cp CONTAINER:{path or 'PATH'} ."
    return Missing(
        what=f"{name}{wanted}",
        why="Its frames have no names without it. It must be the very file that crashed: same package, same image.",
        command=command,
    )


def missing_debug_file(image: ElfImage) -> Missing:
    """``image`` is stripped: it names exported functions only, and no lines."""
    name = PurePosixPath(image.name).name
    package = _PACKAGED.get(name)
    if image.build_id:
        command = f"debuginfod-find debuginfo {image.build_id}"
    else:
        command = f"apt-get install {package or f'{name}-dbgsym'}"
    return Missing(
        what=f"the debug file of {name}" + (f" (build id {image.build_id})" if image.build_id else ""),
        why="It names static and inlined functions, files and lines."
        + (f" Debian and Ubuntu have it as {package}." if package and image.build_id else ""),
        command=command,
    )

"""Builds the scanner in C beside its Python files where there is a compiler; without one numpy does its work."""

import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension

SOURCES = "triage/logs/native"
MODULE = "triage.logs._native"
OLDEST_PYTHON = "0x030b0000"
"""One build serves this version (3.11) and all later ones: only the stable interface of CPython is used."""


class NativeScanner(BuildHookInterface):  # type: ignore[misc]
    """Compiles before a wheel is made, an editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Put the library into the wheel if it could be built."""
        if self.target_name != "wheel":
            return
        library = _build(Path(self.root))
        if library is None:
            self.app.display_warning("no C compiler: scans will be slower, their results the same")
            return
        build_data["artifacts"].append(library.relative_to(self.root).as_posix())
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"cp311-abi3-{platform}"


def _build(root: Path) -> Path | None:
    """The compiled library in the source tree, ``None`` if it could not be built."""
    for old in (root / "triage/logs").glob("_native.*.so"):
        old.unlink()
    extension = Extension(
        MODULE,
        sources=sorted(str(path.relative_to(root)) for path in (root / SOURCES).glob("*.c")),
        define_macros=[("Py_LIMITED_API", OLDEST_PYTHON)],
        extra_compile_args=["-std=c11", "-O3", "-Wall", "-Wextra"],
        py_limited_api=True,
        optional=True,
    )
    command = Distribution({"name": "triage", "ext_modules": [extension]}).get_command_obj("build_ext")
    command.inplace, command.force = True, True
    command.build_temp = str(root / "build" / "native")
    command.ensure_finalized()
    command.run()
    return next((root / "triage/logs").glob("_native.*.so"), None)

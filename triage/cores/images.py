"""What the reader of cores asks of those who find and read executables."""

from collections.abc import Callable
from typing import Protocol

from triage.cores.modules import Module


class Image(Protocol):
    """An ELF file that belongs to a module: found by its build id, or by its path where there is none."""

    @property
    def data(self) -> memoryview:
        """The whole file, mapped."""
        ...

    def read_section(self, name: str) -> memoryview | None:
        """The content of a section, decompressed; ``None`` if the file has none of that name."""
        ...


ImageFinder = Callable[[Module], Image | None]
"""Gives the file of a module, or ``None`` if it is not there or is another build."""


def no_images(_: Module) -> Image | None:
    """A finder that finds nothing: the core is read by itself."""
    return None

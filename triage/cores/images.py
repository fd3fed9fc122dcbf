"""What the reader of cores asks of those who find and read executables."""

from collections.abc import Callable
from typing import Protocol

from triage.cores.modules import Module, Modules
from triage.cores.notes import MappedFile
from triage.model import Problem, TriageError


class ImageSection(Protocol):
    """A section header."""

    @property
    def vaddr(self) -> int:
        """Its address, before the load bias."""
        ...


class Image(Protocol):
    """An ELF file that belongs to a module: found by its build id, or by its path where there is none."""

    @property
    def data(self) -> memoryview:
        """The whole file, mapped."""
        ...

    def section(self, name: str) -> ImageSection | None:
        """The header of the first section of that name."""
        ...

    def read_section(self, name: str) -> memoryview | None:
        """The content of a section, decompressed; ``None`` if the file has none of that name."""
        ...


ImageFinder = Callable[[Module], Image | None]
"""Gives the file of a module, or ``None`` if it is not there or is another build. May raise ``TriageError``."""


def no_images(_: Module) -> Image | None:
    """A finder that finds nothing: the core is read by itself."""
    return None


class ModuleFiles:
    """The files of a core's modules. The finder is asked once for each; what it complains of is a problem, no end."""

    def __init__(self, modules: Modules, finder: ImageFinder) -> None:
        self.problems: list[Problem] = []
        self._modules = modules
        self._finder = finder
        self._found: dict[int, Image | None] = {}

    def image_of(self, module: Module) -> Image | None:
        """The file of a module."""
        if module.start not in self._found:
            self._found[module.start] = None
            try:
                self._found[module.start] = self._finder(module)
            except TriageError as error:
                self.problems.append(Problem(str(error), error.hint))
        return self._found[module.start]

    def content_of(self, file: MappedFile) -> memoryview | None:
        """The bytes of a mapped file, if it is a module's."""
        module = self._modules.at(file.start)
        image = self.image_of(module) if module and module.path == file.path else None
        return image.data if image else None

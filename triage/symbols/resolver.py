"""Names for addresses of any number of files: finds their debug files, resolves whole stacks, keeps the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from triage.model import Problem
from triage.symbols.answers import Answers
from triage.symbols.elf_image import ElfImage
from triage.symbols.find_files import FileFinder, SearchPath
from triage.symbols.module import Module
from triage.symbols.source_frame import SourceFrame


@dataclass(frozen=True, slots=True)
class Place:
    """A frame of a stack: a file and an address in it, without load bias. ``image`` is ``None`` for unknown code.

    ``is_return_address`` is true of frames that called the next inner one; false of the innermost frame and of the
    one that a signal interrupted.
    """

    image: ElfImage | None
    address: int
    is_return_address: bool


class Resolver:
    """Resolves addresses. ``cache_directory`` is where answers are kept between runs; ``None`` keeps none."""

    def __init__(self, search: SearchPath | None = None, cache_directory: Path | None = None) -> None:
        self.finder = FileFinder(search or SearchPath())
        self._cache_directory = cache_directory
        self._modules: dict[int, Module] = {}

    def module(self, image: ElfImage) -> Module:
        """The image with its debug files, looked for at the first question."""
        if id(image) not in self._modules:
            self._modules[id(image)] = self._described(image)
        return self._modules[id(image)]

    def resolve(self, image: ElfImage, address: int, is_return_address: bool) -> tuple[SourceFrame, ...]:
        """The functions at ``address`` of ``image`` (without load bias), innermost first; empty if it has no name."""
        return self.module(image).resolve(address, is_return_address)

    def resolve_stack(self, places: Sequence[Place]) -> list[tuple[SourceFrame, ...]]:
        """For each frame of a stack (innermost first) its functions, as ``resolve`` gives them.

        Behind those of a frame follow the ones that lay between it and its caller until a tail call replaced them.
        """
        found = [
            self.resolve(place.image, place.address, place.is_return_address) if place.image is not None else ()
            for place in places
        ]
        for index, (inner, outer) in enumerate(pairwise(places)):
            if outer.image is not None and outer.is_return_address and found[index]:
                found[index] += self._gone(found[index][-1], inner.image, outer.image, outer.address)
        return found

    def _gone(
        self, inner: SourceFrame, inner_image: ElfImage | None, outer: ElfImage, return_address: int
    ) -> tuple[SourceFrame, ...]:
        callee = inner.entry if inner_image is outer else inner.function
        return () if callee is None else self.module(outer).tail_calls(return_address, callee)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Files that were refused, and tables that were damaged."""
        return (*self.finder.problems, *(problem for module in self._modules.values() for problem in module.problems))

    def save(self) -> None:
        """Keep the answers for the next run."""
        for module in self._modules.values():
            module.save()

    def _described(self, image: ElfImage) -> Module:
        debug = self.finder.debug_file(image)
        shared = self.finder.shared_file(debug) if debug else None
        detail = "-".join(("debug" if debug else "symbols", *(("shared",) if shared else ())))
        return Module(image, debug, shared, Answers.of(self._cache_directory, image.build_id, detail))

"""Names for addresses of any number of files: finds their debug files, resolves whole stacks, keeps the answers."""

from collections.abc import Sequence
from pathlib import Path

from triage.model import Problem
from triage.records import dataclass
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


@dataclass(frozen=True, slots=True)
class ResolvedFrame:
    """A frame's functions, innermost first (several if calls were inlined, none if nothing is known).

    ``gone`` are the functions that lay between it and its caller until tail calls replaced them, innermost first, and
    ``gone_in`` is the file that their addresses are of.
    """

    functions: tuple[SourceFrame, ...]
    gone: tuple[SourceFrame, ...] = ()
    gone_in: ElfImage | None = None


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

    def resolve_stack(self, places: Sequence[Place]) -> list[ResolvedFrame]:
        """The frames of a stack (innermost first) with their functions, and those that tail calls took off it."""
        functions = [
            self.resolve(place.image, place.address, place.is_return_address) if place.image is not None else ()
            for place in places
        ]
        callers: list[Place | None] = [*places[1:], None]
        return [
            ResolvedFrame(found, *(self._gone(found, place, caller) if caller else ()))
            for found, place, caller in zip(functions, places, callers, strict=False)
        ]

    def _gone(
        self, found: tuple[SourceFrame, ...], place: Place, caller: Place
    ) -> tuple[tuple[SourceFrame, ...], ElfImage | None]:
        """The functions between a frame and its caller, and the file they are in: the caller's or the frame's own."""
        if place.image is None or caller.image is None or not caller.is_return_address:
            return (), None
        if not found or found[-1].entry is None:
            return (), None
        outer, inner, entry = self.module(caller.image), self.module(place.image), found[-1].entry
        key = f"{caller.address:x}>{place.image.build_id or place.image.name}+{entry:x}"
        own = outer.remembered(key, lambda: _in_caller(outer, inner, caller.address, entry))
        if own or inner is outer:
            return own, caller.image
        return outer.remembered(f"{key}>", lambda: _beyond(outer, inner, caller.address, entry)), place.image

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


def _in_caller(outer: Module, inner: Module, return_address: int, entry: int) -> tuple[SourceFrame, ...]:
    """The caller's file holds them: it called a function of its own, which jumped on to the callee."""
    called = outer.called_at(return_address)
    if not isinstance(called, int):
        return ()
    return outer.tail_calls(called, (entry,) if inner is outer else inner.symbols.names_at(entry))


def _beyond(outer: Module, inner: Module, return_address: int, entry: int) -> tuple[SourceFrame, ...]:
    """The callee's file holds them: the caller called a function of that file by its name, and it jumped on."""
    called = outer.called_at(return_address)
    begin = inner.symbols.find(called) if isinstance(called, str) else None
    return inner.tail_calls(begin, (entry,)) if begin is not None else ()

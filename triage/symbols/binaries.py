"""The binaries among a case's inputs, and what they tell of the frames in its logs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from triage.model import Hex, Missing, Problem, Thread
from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.find_files import SearchPath, has_code
from triage.symbols.log_frames import resolve_log_frames
from triage.symbols.missing import missing_debug_file
from triage.symbols.resolver import Resolver

_PROGRAM_COUNTERS = ("RIP", "EIP", "PC", "pc", "Pc")
"""What reports of the different platforms call the register."""


class Binaries:
    """The executables, libraries and debug files that the user gave, by the names of their inputs."""

    def __init__(self, files: Mapping[str, Path], search: SearchPath, cache_directory: Path | None) -> None:
        self._damaged: dict[str, Problem] = {}
        self._refused: dict[str, Problem] = {}
        self._fitting: set[str] = set()
        self._images = [image for name, path in files.items() if (image := self._opened(name, path)) is not None]
        given = tuple(files.values())
        self._resolver = Resolver(replace(search, given=(*search.given, *given)), cache_directory)

    def resolve(self, threads: Sequence[Thread], registers: Mapping[str, Hex] | None) -> tuple[Thread, ...]:
        """The threads of a report with names, files and lines, as far as the binaries are those that ran."""
        running_at = next((value for name in _PROGRAM_COUNTERS if (value := (registers or {}).get(name))), None)
        resolved = resolve_log_frames(threads, self._images, self._resolver, running_at)
        self._fitting |= resolved.fitting
        self._refused |= resolved.refused
        self._resolver.save()
        return resolved.threads

    def problems(self, name: str) -> tuple[Problem, ...]:
        """What is wrong with an input: damaged, or not the file that ran in any of the case's reports."""
        found = [self._damaged[name]] if name in self._damaged else []
        if name in self._refused and name not in self._fitting:
            found.append(self._refused[name])
        read = [image for image in self._images if image.name == name and name in self._fitting]
        return (*found, *(problem for image in read for problem in self._resolver.module(image).problems))

    @property
    def missing(self) -> tuple[Missing, ...]:
        """The debug files that were looked for and not found."""
        used = [image for image in self._images if image.name in self._fitting]
        return tuple(missing_debug_file(image) for image in used if self._resolver.module(image).debug is None)

    def _opened(self, name: str, path: Path) -> ElfImage | None:
        """The image, if it holds code: a debug file is used through the one that it belongs to."""
        try:
            image = ElfImage.open(path)
            image.name = name
            return image if has_code(image) else None
        except ElfError as error:
            self._damaged[name] = Problem(str(error), error.hint)
            return None

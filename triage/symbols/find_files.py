"""Finds executables, libraries and debug files by build id, where debuggers look for them."""

import zlib
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from os.path import isfile
from pathlib import Path

from triage.model import Problem
from triage.records import dataclass
from triage.symbols.debuginfod import Debuginfod
from triage.symbols.elf_image import ElfError, ElfImage

SYSTEM_DEBUG_DIRECTORY = Path("/usr/lib/debug")
_BUILD_ID_DIGITS = frozenset("0123456789abcdef")
_CRC_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class SearchPath:
    """Where to look. ``given`` are the files named on the command line; ``debuginfod`` is off unless asked for.

    ``local`` says whether paths of the crashed machine may be tried on this one (never without a matching build id).
    """

    given: tuple[Path, ...] = ()
    sysroot: Path | None = None
    debug_directories: tuple[Path, ...] = (SYSTEM_DEBUG_DIRECTORY,)
    debuginfod: Debuginfod | None = None
    local: bool = True


@dataclass
class FileFinder:
    """Looks for files, opens those that fit, and notes in ``problems`` the ones that it refused."""

    search: SearchPath = field(default_factory=SearchPath)
    problems: list[Problem] = field(default_factory=list)

    def executable(self, build_id: str | None, path: str | None) -> ElfImage | None:
        """The file that was mapped from ``path`` with ``build_id``, each if it is known.

        Without a build id a given file of the same name is taken: nothing better is to be had.
        """
        name = Path(path).name if path else None
        for image in self._given:
            if build_id and image.build_id == build_id and has_code(image):
                return image
            if name and _file_name(image) == name and self._fits(image, build_id):
                return image
        for candidate in self._mapped(path) if build_id else ():
            found = self._opened(candidate, build_id)
            if found is not None:
                return found
        return self._fetched(build_id, "executable")

    def debug_file(self, image: ElfImage) -> ElfImage | None:
        """The file with the debug information of ``image``: itself, a given one, or one found beside or in stores."""
        if _has_debug_info(image):
            return image
        for given in self._given:
            if given is not image and image.build_id and given.build_id == image.build_id and _has_debug_info(given):
                return given
        for candidate in self._debug_candidates(image):
            found = self._opened(candidate, image.build_id)
            if found is not None and _has_debug_info(found) and (image.build_id or _crc_fits(found, image)):
                return found
        return self._fetched(image.build_id, "debuginfo")

    def shared_file(self, debug: ElfImage) -> ElfImage | None:
        """The file that dwz moved common parts of ``debug`` to (``.gnu_debugaltlink``)."""
        link = debug.debugaltlink
        if link is None:
            return None
        path, build_id = link
        for given in self._given:
            if given.build_id == build_id:
                return given
        for candidate in (*self._stored(build_id), *self._beside(debug, path)):
            found = self._opened(candidate, build_id)
            if found is not None:
                return found
        return self._fetched(build_id, "debuginfo")

    @cached_property
    def _given(self) -> tuple[ElfImage, ...]:
        opened = (self._open(path) for path in self.search.given)
        return tuple(image for image in opened if image is not None)

    def _mapped(self, path: str | None) -> Iterator[Path]:
        if not path or not path.startswith("/") or ".." in Path(path).parts:
            return
        if self.search.sysroot is not None:
            yield self.search.sysroot / path.lstrip("/")
        if self.search.local:
            yield Path(path)

    def _debug_candidates(self, image: ElfImage) -> Iterator[Path]:
        if image.build_id:
            yield from self._stored(image.build_id)
        link = image.debuglink
        if link is None:
            return
        name = Path(link[0]).name
        if image.path is not None:
            directory = image.path.absolute().parent
            yield directory / name
            yield directory / ".debug" / name
            for store in self.search.debug_directories:
                yield store / directory.relative_to(directory.anchor) / name
        for store in self.search.debug_directories:
            yield store / name

    def _stored(self, build_id: str) -> Iterator[Path]:
        if len(build_id) > 2 and _BUILD_ID_DIGITS.issuperset(build_id):
            for store in self.search.debug_directories:
                yield store / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug"

    def _beside(self, debug: ElfImage, path: str) -> Iterator[Path]:
        name = Path(path).name
        if debug.path is not None:
            yield debug.path.parent / name
        for store in self.search.debug_directories:
            yield store / ".dwz" / name
            yield store / ".dwz" / Path(path).parent.name / name

    def _opened(self, path: Path, build_id: str | None) -> ElfImage | None:
        """The file if it is there and has the build id; one with another is refused by name."""
        # Paths of other machines: what this one cannot even ask for is not there.
        if not isfile(path):
            return None
        image = self._open(path)
        return image if image is not None and self._fits(image, build_id) else None

    def _fits(self, image: ElfImage, build_id: str | None) -> bool:
        if build_id is None or image.build_id == build_id:
            return True
        self._note(
            Problem(
                f"{image.name} is not the file that crashed: its build id is {image.build_id or 'missing'}, "
                f"wanted is {build_id}",
                "Give the executable that ran, from the same package or image.",
            )
        )
        return False

    def _fetched(self, build_id: str | None, kind: str) -> ElfImage | None:
        if self.search.debuginfod is None or not build_id or not _BUILD_ID_DIGITS.issuperset(build_id):
            return None
        path = self.search.debuginfod.fetch(build_id, kind)
        return None if path is None else self._opened(path, build_id)

    def _open(self, path: Path) -> ElfImage | None:
        try:
            return ElfImage.open(path)
        except ElfError as error:
            self._note(Problem(str(error), error.hint))
            return None

    def _note(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def _file_name(image: ElfImage) -> str:
    return Path(image.name).name


def has_code(image: ElfImage) -> bool:
    """Whether the file holds its code: a separate debug file does not."""
    return image.read_section(".text") is not None


def _has_debug_info(image: ElfImage) -> bool:
    return any(image.section(name) is not None for name in (".debug_info", ".zdebug_info"))


def _crc_fits(debug: ElfImage, image: ElfImage) -> bool:
    link = image.debuglink
    if link is None:
        return False
    crc = 0
    for at in range(0, len(debug.data), _CRC_PIECE):
        crc = zlib.crc32(debug.data[at : at + _CRC_PIECE], crc)
    return crc == link[1]

"""The stacks of a core with names, files and lines: the frames of its threads meet the symbols of its modules."""

from collections.abc import Iterator, Sequence

from triage.cases.release import Release, release_of
from triage.cores import Core, CoreFrame, CoreThread, Module
from triage.model import Frame, Hex, Missing, Thread, Wait
from triage.records import dataclass
from triage.symbols.binaries import Binaries
from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.missing import missing_debug_file, missing_executable
from triage.symbols.module import Module as SourceModule
from triage.symbols.resolver import Place
from triage.symbols.source_frame import SourceFrame


@dataclass(frozen=True, slots=True)
class Level:
    """One function of a stack: a frame of the core, a call inlined into it, or one that a tail call took off it.

    ``source`` is ``None`` where nothing has a name. ``image`` is the file that its addresses are of, ``bias`` what to
    add to those to get addresses of the process. ``physical`` is the frame of the core that it belongs to.
    """

    source: SourceFrame | None
    image: ElfImage | None
    bias: int
    physical: CoreFrame

    @property
    def function(self) -> str | None:
        """The function's name."""
        return self.source.function if self.source else None

    @property
    def address(self) -> int:
        """Where it stood, as an address of the process; of a caller, where the call returns to."""
        return self.source.address + self.bias if self.source else self.physical.pc


class CoreFiles:
    """The files of the modules of cores: among those given, on this machine, or fetched; each by its build id."""

    def __init__(self, binaries: Binaries) -> None:
        self._binaries = binaries
        self._found: dict[tuple[str, str | None], ElfImage | None] = {}

    def image_of(self, module: Module) -> ElfImage | None:
        """The file of a module; ``None`` if it is not to be had, or only another build of it."""
        key = (module.path, module.build_id)
        if key not in self._found:
            given = [
                image for image in self._binaries.images if module.build_id and image.build_id == module.build_id
            ]
            finder = self._binaries.resolver.finder
            self._found[key] = given[0] if given else finder.executable(module.build_id, module.path)
        return self._found[key]

    def stack(self, thread: CoreThread) -> list[Level]:
        """The functions of a thread, innermost first."""
        frames = thread.frames
        known = self._binaries.resolver.resolve_stack([self._place(frame) for frame in frames])
        levels: list[Level] = []
        for index, (frame, found) in enumerate(zip(frames, known, strict=True)):
            image, bias = self._loaded(frame)
            levels += [Level(source, image, bias, frame) for source in found.functions or (None,)]
            caller = frames[index + 1] if index + 1 < len(frames) else frame
            holder = frame if found.gone_in is image else caller
            gone_image, gone_bias = self._loaded(holder)
            levels += [Level(source, gone_image, gone_bias, holder) for source in found.gone]
        return levels

    def missing(self, core: Core, frames: Sequence[CoreFrame]) -> Iterator[Missing]:
        """Executables, libraries and debug files that would name more of ``frames``, the program itself first."""
        met = {frame.module.start: frame.module for frame in frames if frame.module is not None}
        modules = sorted(met.values(), key=lambda module: (not module.main, module.start))
        for module in modules:
            image = self.image_of(module)
            if image is None and not module.path.startswith("["):
                yield missing_executable(module.path, module.build_id)
            elif image is not None and module is core.modules.main and not self.has_debug_file(image):
                yield missing_debug_file(image)

    def main_program(self, core: Core) -> SourceModule | None:
        """The file of the program itself, with its debug file if there is one."""
        image = self.image_of(core.modules.main) if core.modules.main is not None else None
        return self._binaries.resolver.module(image) if image is not None else None

    def release(self, core: Core) -> Release | None:
        """The release that the program says it is."""
        program = self.main_program(core)
        try:
            return release_of(program.image, program.symbols) if program is not None else None
        except ElfError:
            return None  # a damaged program is told of where its names are read

    def has_debug_file(self, image: ElfImage) -> bool:
        """Whether lines, inlined calls and types of a file are known."""
        return self._binaries.resolver.module(image).debug is not None

    def _place(self, frame: CoreFrame) -> Place:
        image, bias = self._loaded(frame)
        return Place(image, frame.pc - bias, frame.return_address and not frame.trampoline)

    def _loaded(self, frame: CoreFrame) -> tuple[ElfImage | None, int]:
        if frame.module is None:
            return None, 0
        return self.image_of(frame.module), frame.module.load_bias


def as_thread(thread: CoreThread, levels: Sequence[Level], *, crashed: bool) -> Thread:
    """A thread of the model, its frames marked as the core's."""
    frames = tuple(_frame(index, level) for index, level in enumerate(levels))
    sleeps = thread.wait
    wait = Wait(sleeps.kind, Hex(sleeps.address), sleeps.owner) if sleeps is not None else None
    return Thread(thread.tid, thread.name, crashed or None, frames, wait=wait)


def _frame(index: int, level: Level) -> Frame:
    source, module, physical = level.source, level.physical.module, level.physical
    gone = source is not None and source.tail_call
    offset = source.offset if source else physical.module_offset
    return Frame(
        index=index,
        function=level.function,
        offset=None if offset is None else Hex(offset),
        module=module.path if module else None,
        address=None if gone else Hex(physical.pc),
        file=source.file if source else None,
        line=source.line if source else None,
        inlined=(source.inlined or None) if source else None,
        tail_call=(source.tail_call or None) if source else None,
        source="core",
        trust=physical.trust.value,
    )

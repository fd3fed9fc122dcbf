"""Gives the frames of a log names, files and lines from the binaries that ran."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

from triage.model import Frame, Hex, Problem, Thread
from triage.patterns import compiled
from triage.records import dataclass
from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.load_bias import load_bias
from triage.symbols.resolver import Place, Resolver
from triage.symbols.source_frame import SourceFrame
from triage.symbols.symbol_table import Symbols

_LIBRARY = compiled(r"\.(?:so(?:\.\d+)*|module)\Z")
_TRAMPOLINES = frozenset(("__restore_rt", "__kernel_rt_sigreturn"))

Loaded = Mapping[int, tuple[ElfImage, int]]
"""The file and load bias of the code at an address of the process that died."""


@dataclass(frozen=True, slots=True)
class ResolvedLog:
    """Threads with what could be found out; the names of the files that ran, and why the others cannot be those."""

    threads: tuple[Thread, ...]
    fitting: frozenset[str] = frozenset()
    refused: Mapping[str, Problem] = field(default_factory=dict)


def resolve_log_frames(
    threads: Sequence[Thread], images: Sequence[ElfImage], resolver: Resolver, running_at: Hex | None = None
) -> ResolvedLog:
    """The threads with functions, files and lines from ``images``, the files that ran.

    A frame becomes several if calls were inlined into its function: innermost first, all with the frame's address and
    line in the log, ``inlined`` set on all but the last. Frames that tail calls removed are put in as ``tail_call``.
    ``index`` counts the resulting frames anew from 0. What cannot be resolved stays as the log has it. A binary whose
    symbols contradict the log is refused. ``running_at`` is the instruction that failed, if the registers tell.
    """
    loaded: dict[int, tuple[ElfImage, int]] = {}
    refused: dict[str, Problem] = {}
    for image in images:
        frames = [frame for thread in threads for frame in thread.frames if _is_of(frame, image)]
        try:
            bias = load_bias(image, Symbols.exported(image), frames)
        except ElfError as error:
            refused[image.name] = Problem(str(error), error.hint)
            continue
        if bias.value is not None:
            loaded |= {frame.address: (image, bias.value) for frame in frames if frame.address is not None}
        elif frames:
            refused[image.name] = _refused(image, bias.why_not or "")
    resolved = told_frames(threads, loaded, resolver, running_at)
    return ResolvedLog(resolved, frozenset(image.name for image, _ in loaded.values()), refused)


def told_frames(
    threads: Sequence[Thread], loaded: Loaded, resolver: Resolver, running_at: Hex | None = None
) -> tuple[Thread, ...]:
    """The threads as ``resolve_log_frames`` tells them, where it is known which code lay at which address."""
    return tuple(_resolved(thread, loaded, resolver, running_at) for thread in threads)


def _is_of(frame: Frame, image: ElfImage) -> bool:
    """Whether the log may mean ``image``: a library by its file's name, the executable by being none.

    The executable cannot go by its name: the log has what the server made of its title.
    """
    if frame.address is None or not frame.module:
        return False
    module, name = frame.module.rpartition("/")[2], image.name.rpartition("/")[2]
    if _LIBRARY.search(module) or _LIBRARY.search(name):
        return module == name
    return True


def _refused(image: ElfImage, why: str) -> Problem:
    return Problem(
        f"{image.name} is not the binary that wrote this log: {why}; its names were not used",
        "Give the executable that ran, from the same package or image (readlink /proc/PID/exe while it runs).",
    )


def _resolved(thread: Thread, loaded: Loaded, resolver: Resolver, running_at: Hex | None) -> Thread:
    places = list(_places(thread.frames, loaded, running_at))
    found = resolver.resolve_stack(places)
    callers = (*thread.frames[1:], None)
    frames: list[Frame] = []
    for frame, caller, place, known in zip(thread.frames, callers, places, found, strict=True):
        frames += [_told(frame, level) for level in known.functions] or [frame]
        holder = frame if known.gone_in is place.image or caller is None else caller
        frames += [_gone(holder, level) for level in known.gone]
    return replace(thread, frames=tuple(replace(frame, index=index) for index, frame in enumerate(frames)))


def _places(frames: Sequence[Frame], loaded: Loaded, running_at: Hex | None) -> Iterator[Place]:
    for index, frame in enumerate(frames):
        exact = frame.address == running_at or _is_trampoline(frames, index) or _is_trampoline(frames, index - 1)
        image, bias = loaded.get(frame.address, (None, 0)) if frame.address is not None else (None, 0)
        yield Place(image, (frame.address or 0) - bias, not exact)


def _is_trampoline(frames: Sequence[Frame], index: int) -> bool:
    """Whether this is the kernel's way into a signal handler; what stands above it was interrupted.

    It has no exported name in glibc, and none at all where it lies in a vDSO that is not listed. It comes first, as
    the frames of the handler below it are not printed.
    """
    if index < 0:
        return False
    frame = frames[index]
    if frame.function is not None:
        return frame.function in _TRAMPOLINES
    return index == 0 and (not frame.module or bool(_LIBRARY.search(frame.module)))


def _told(frame: Frame, level: SourceFrame) -> Frame:
    """The frame as one of the functions at its address."""
    named = level.function is not None
    return replace(
        frame,
        function=level.function if named else frame.function,
        offset=_hex(level.offset) if named else frame.offset,
        file=level.file or frame.file,
        line=level.line or frame.line,
        inlined=level.inlined or None,
    )


def _gone(holder: Frame, level: SourceFrame) -> Frame:
    """A frame that is not in the log: it has no address there, and no line."""
    return Frame(0, level.function, _hex(level.offset), holder.module, None, level.file, level.line, tail_call=True)


def _hex(number: int | None) -> Hex | None:
    return None if number is None else Hex(number)

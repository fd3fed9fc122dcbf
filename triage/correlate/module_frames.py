"""Question: does a module's code stand on the failing thread's stack?"""

from pathlib import PurePosixPath

from triage.correlate.case import Case, Question
from triage.model import Finding, Frame

QUESTION = Question("module-frames", "A module's code on the failing stack")
_ENTRY = (
    "RM_",
    "VM_",
    "moduleFireServerEvent",
    "moduleNotifyKeyspaceEvent",
    "moduleTimerHandler",
    "moduleGILBeforeUnlock",
)


def module_frames(case: Case) -> Finding:
    """Frames of loaded modules on the stack, and whether the server's module interface stands between."""
    thread = case.crashed_thread
    if thread is None or not thread.frames:
        return QUESTION.unanswerable("The input holds no stack of the failing thread.")
    own = [frame for frame in thread.frames if _module(frame) and case.duty_of(frame) is None]
    modules = list(dict.fromkeys(name for frame in own if (name := _module(frame))))
    if own:
        count = f"{len(own)} frames are" if len(own) > 1 else "1 frame is"
        text = f"{count} of {', '.join(modules)}, the innermost at #{own[0].index}."
        return QUESTION.yes(0.8, text, case.frame_lines(own), modules=modules, innermost=own[0].index)
    entries = [frame for frame in thread.frames if frame.function and frame.function.startswith(_ENTRY)]
    if entries:
        text = f"{entries[0].function} is on the stack: the server was working for a module."
        return QUESTION.yes(0.5, text, case.frame_lines(entries), entry=entries[0].function)
    loaded = case.incident.server.modules
    names = ", ".join(module.name for module in loaded) if loaded else "none is known to be loaded"
    return QUESTION.no(0.8, f"No frame is of a module ({names}).", case.frame_lines(thread.frames[:3]))


def _module(frame: Frame) -> str | None:
    """The file name of a shared object."""
    name = PurePosixPath(frame.module).name if frame.module else ""
    return name if ".so" in name else None

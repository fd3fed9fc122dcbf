"""Reads core dumps: every thread with its stack, the modules, the memory, without a debugger.

``read_core`` tells the story; its result, ``Core``, leads to threads, frames, modules and memory. Addresses become
functions and lines elsewhere: ``CoreFrame.lookup_address`` with ``CoreFrame.module`` is what that takes.
"""

from triage.cores.core import Core, read_core
from triage.cores.crashed_thread import Crashed
from triage.cores.errors import CoreError
from triage.cores.frames import CoreFrame, SignalContext, Trust, Walk, WalkEnd
from triage.cores.images import Image, ImageFinder
from triage.cores.memory import Memory
from triage.cores.modules import Module, Modules
from triage.cores.threads import CoreThread

__all__ = [
    "Core",
    "CoreError",
    "CoreFrame",
    "CoreThread",
    "Crashed",
    "Image",
    "ImageFinder",
    "Memory",
    "Module",
    "Modules",
    "SignalContext",
    "Trust",
    "Walk",
    "WalkEnd",
    "read_core",
]

"""Reads core dumps: every thread with its stack, the modules, the memory, without a debugger."""

from triage.cores.core import Core, read_core
from triage.cores.errors import CoreError
from triage.cores.images import Image, ImageFinder

__all__ = ["Core", "CoreError", "Image", "ImageFinder", "read_core"]

"""Keeps freed memory for the next block: to give it back and get it anew, page by page, takes a tenth of a scan."""

import ctypes
import sys
from contextlib import suppress

# The parameters of glibc's `mallopt`: from which size on a block is mapped on its own, and how much may lie unused.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGER_THAN_ANY_BLOCK = 64 << 20


def keep_freed_memory() -> None:
    """Have this process and those that it forks keep what they free; elsewhere than with glibc nothing is done."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_MMAP_THRESHOLD, _LARGER_THAN_ANY_BLOCK)
            mallopt(_TRIM_THRESHOLD, _LARGER_THAN_ANY_BLOCK)

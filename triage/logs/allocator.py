"""Keeps freed memory for the next block: to give it back and get it anew, page by page, takes a tenth of a scan."""

import sys
from contextlib import suppress
from functools import cache

# The parameters of glibc's `mallopt`: from which size on a block is mapped on its own, and how much may lie unused.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGER_THAN_ANY_BLOCK = 8 << 20
_UNUSED = 32 << 20


@cache
def keep_freed_memory() -> None:
    """Have this process keep what it frees, from the first call on; elsewhere than with glibc nothing is done."""
    if sys.platform == "linux":
        import ctypes

        with suppress(AttributeError, OSError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_MMAP_THRESHOLD, _LARGER_THAN_ANY_BLOCK)
            mallopt(_TRIM_THRESHOLD, _UNUSED)

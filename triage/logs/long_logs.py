"""Scans a long log with two processes, half of it each."""

from collections.abc import Callable
from functools import partial

from triage.intake.halves import Half, halves
from triage.intake.rotation import Log
from triage.logs.blocks import PADDING, WINDOW_BYTES, WindowBlocks
from triage.logs.scan import scan_blocks
from triage.logs.scanned import LogScan


def scan_in_halves(log: Log, progress: Callable[[int], None] | None = None) -> LogScan | None:
    """The scan of a long plain log; ``None`` if it is none, or must be read in one go from its beginning."""
    cut = halves(log)
    if cut is None:
        return None
    from triage.logs.elsewhere import Elsewhere
    from triage.logs.joined import joined

    (whole,), (first, second) = log.parts, cut

    def told(read: int) -> None:
        whole.read = min(2 * read, whole.bytes or 0)
        if progress is not None:
            progress(whole.read)

    with Elsewhere(partial(_scan, second)) as other:
        mine = _scan(first, told)
        theirs = other.result() if mine is not None else None
    whole.read = whole.bytes or 0
    return joined(mine, theirs) if mine is not None and theirs is not None else None


def _scan(half: Half, progress: Callable[[int], None] | None = None) -> LogScan | None:
    """``None`` where somebody else's lines stand between the server's, or reading failed."""
    found = scan_blocks(half.name, WindowBlocks(half.windows(WINDOW_BYTES, len(PADDING))), progress)
    return found if half.is_whole else None

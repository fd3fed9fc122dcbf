"""The scan of a log that is not there: what is asked of the log of a core alone finds nothing."""

import numpy as np

from triage.logs.scanned import FLOODS, EventTable, LogScan
from triage.model import Coverage


def no_log(name: str) -> LogScan:
    """A scan without a line; ``name`` is the core's."""
    nothing = np.zeros(0, np.int64)
    table = EventTable(times=nothing, lines=nothing, pids=nothing, texts=(), fields={}, total=0)
    return LogScan(
        input=name,
        format=None,
        timestamp_format=None,
        first_time=None,
        last_time=None,
        coverage=Coverage(lines=0, recognised=0, unrecognised=0),
        floods=dict.fromkeys(FLOODS, table),
        notable=(),
        regions=(),
        pids=(),
        before_start={},
        histogram=None,
    )

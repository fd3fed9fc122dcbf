"""The scan of a log that is not there: what is asked of the log of a core alone finds nothing."""

from triage.logs.flood_lines import field_names
from triage.logs.flood_tables import FloodTable
from triage.logs.scanned import LogScan
from triage.model import Coverage


def no_log(name: str) -> LogScan:
    """A scan without a line; ``name`` is the core's."""
    return LogScan(
        input=name,
        first_time=None,
        last_time=None,
        coverage=Coverage(lines=0, recognised=0, unrecognised=0),
        floods={table: FloodTable().build(names) for table, names in field_names().items()},
        notable=(),
        regions=(),
        pids=(),
        before_start={},
        histogram=None,
    )

"""When a server failed, and how long it had lived."""

from collections.abc import Sequence

from triage.logs.instants import epoch_instant, offset_between
from triage.logs.processes import Process
from triage.logs.report_info import Info
from triage.logs.report_lines import Prefix, ReportLine
from triage.model import Instant


def failure_time(lines: Sequence[ReportLine], reporter: Prefix | None, info: Info | None) -> Instant | None:
    """The time of the line that reports the failure; with its zone if INFO's clock or a Unix time gives it."""
    prefixes = [line.prefix for line in lines if line.prefix]
    stamped = next((prefix.time for prefix in (reporter, *prefixes) if prefix and prefix.time), None)
    epoch = next((prefix.epoch for prefix in (reporter, *prefixes) if prefix and prefix.epoch), None)
    if reporter and reporter.epoch:
        return _on_the_logs_clock(reporter.epoch, stamped)
    if stamped is None or stamped.utc_offset_minutes is not None or not stamped.has_year:
        return stamped
    clock = (info or {}).get("Server", {}).get("server_time_usec")
    utc_ms = clock // 1000 if isinstance(clock, int) else epoch * 1000 if epoch else None
    if utc_ms is None:
        return stamped
    return Instant(stamped.wall_ms, offset_between(stamped.wall_ms, utc_ms))


def seconds_alive(time: Instant | None, process: Process | None) -> int | None:
    """Whole seconds from the process's first line to the failure, if the log holds its start."""
    if time is None or process is None or not process.started or process.first_time is None:
        return None
    return max(0, time.wall_ms - process.first_time.wall_ms) // 1000


def _on_the_logs_clock(epoch: int, neighbour: Instant | None) -> Instant | None:
    """A signal handler writes Unix seconds; a stamped line close to it tells what the log's clock showed."""
    offset = offset_between(neighbour.wall_ms, epoch * 1000) if neighbour else None
    return epoch_instant(epoch) if offset is None else Instant(epoch * 1000 + offset * 60_000, offset)

"""The rare lines that a timeline marks: starts, shutdowns, changes, failovers, synchronisations, saves."""

from collections.abc import Sequence
from functools import lru_cache

from triage.logs.processes import read_processes
from triage.logs.scanned import LogLine, LogScan
from triage.model import Event, EventKind, Evidence

MOST_EVENTS = 200
_KINDS = {
    EventKind.SHUTDOWN: ("shutdown_signal", "shutdown_requested"),
    EventKind.CHANGE: ("config_rewritten", "tls_reloaded", "module_loaded", "module_unloaded"),
    EventKind.FAILOVER: ("failover_won", "failover_manual", "failover_command", "sentinel_switch", "node_failing"),
    EventKind.SYNC: ("resync_by_replica", "resync_from_primary", "primary_lost", "replica_lost"),
    EventKind.SAVE: ("child_started", "save_failed", "aof_write_failed", "fork_failed"),
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
_NOT_RUNNING = ("starting", *_KINDS[EventKind.SHUTDOWN])
_READY = ("ready", "old_ready")


@lru_cache(maxsize=1)
def events_of(scan: LogScan) -> tuple[Event, ...]:
    """The last ``MOST_EVENTS`` of the log's events, in the order of its lines.

    Modules that a server loads before it is ready belong to its start, those it unloads at the end to its shutdown.
    """
    found = [(line, EventKind.START) for line in _starts(scan)]
    running = False
    for line in sorted((*scan.notable, *scan.activity), key=lambda line: line.line):
        running = line.name in _READY or (running and line.name not in _NOT_RUNNING)
        kind = _KIND_OF.get(line.name)
        if kind is not None and (running or kind is not EventKind.CHANGE):
            found.append((line, kind))
    found.sort(key=lambda pair: pair[0].line)
    return tuple(_events(found[-MOST_EVENTS:], scan.input))


def _starts(scan: LogScan) -> list[LogLine]:
    return [process.lines[0] for process in read_processes(scan) if process.started]


def _events(found: Sequence[tuple[LogLine, EventKind]], name: str) -> list[Event]:
    return [Event(kind, line.time, Evidence(name, line.text, line.line)) for line, kind in found if line.time]

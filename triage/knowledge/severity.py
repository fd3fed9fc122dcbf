"""How bad an incident is for the people who run the server."""

from collections.abc import Mapping

from triage.model import Incident, Kind, Severity
from triage.model.analysis import InfoValue

LEVELS = ("info", "low", "medium", "high", "critical")
"""From harmless to worst."""

_BY_KIND: Mapping[Kind, tuple[str, str]] = {
    Kind.ASSERTION: ("high", "The process ended: its clients lost their connections."),
    Kind.PANIC: ("high", "The process ended: its clients lost their connections."),
    Kind.SIGNAL: ("high", "The process ended: its clients lost their connections."),
    Kind.OUT_OF_MEMORY: (
        "high",
        "The process ended because it was refused memory: its clients lost their connections.",
    ),
    Kind.VANISHED: ("high", "The process ended without saving: its clients lost their connections."),
    Kind.FATAL_EXIT: ("medium", "The server ended itself, and will again until the cause is corrected."),
    Kind.WATCHDOG: ("medium", "The server answered nobody while it was frozen, but it did not end."),
    Kind.MEMORY_TEST_FAILED: ("critical", "The machine's memory is broken: data may be damaged without notice."),
}
_BY_ROLE: Mapping[str, tuple[str, str]] = {
    "child": ("low", "A child process failed: a save or rewrite was lost, the server itself went on."),
    "replica": ("medium", "It was a replica: its primary kept the data."),
    "sentinel": ("medium", "It was a sentinel: it holds no data."),
}
_DEATHS = frozenset({Kind.ASSERTION, Kind.PANIC, Kind.SIGNAL, Kind.OUT_OF_MEMORY, Kind.VANISHED})


def severity(incident: Incident, access: str | None = None) -> Severity:
    """The level and why; ``access`` is the class of the memory access, where the failing instruction is known."""
    if incident.is_of_a_running_process:
        return Severity("info", ("It was halted while its core was written: nothing shows that it ended.",), access)
    level, reason = _BY_KIND[incident.kind]
    if incident.kind not in _DEATHS:
        return Severity(level, (reason,), access)
    if incident.role is not None and incident.role in _BY_ROLE:
        level, reason = _BY_ROLE[incident.role]
        return Severity(level, (reason,), access)
    loss = _data_loss(incident)
    return Severity("critical", (reason, loss), access) if loss else Severity(level, (reason,), access)


def _data_loss(incident: Incident) -> str | None:
    """A sentence if the report's INFO proves that writes existed nowhere but in this process."""
    changes = _number(incident, "Persistence", "rdb_changes_since_last_save")
    aof = _number(incident, "Persistence", "aof_enabled")
    replicas = _number(incident, "Replication", "connected_slaves")
    if changes and aof == 0 and replicas == 0:
        count = "1 change" if changes == 1 else f"{changes} changes"
        return f"{count} since the last save existed nowhere else: no append-only file, no replica."
    return None


def _number(incident: Incident, section: str, key: str) -> int | None:
    value: InfoValue | None = (incident.info or {}).get(section, {}).get(key)
    return value if isinstance(value, int) else None

"""All questions that are put to the evidence around an incident, in the order in which reports answer them."""

from collections.abc import Callable, Sequence

from triage.correlate.accept_race_in_core import accept_race_in_core
from triage.correlate.blocked_time import blocked_time
from triage.correlate.case import Case
from triage.correlate.child_process import child_process
from triage.correlate.configuration_change import configuration_change
from triage.correlate.failover_activity import failover_activity
from triage.correlate.fault_address import fault_address
from triage.correlate.memory_hardware import memory_hardware
from triage.correlate.memory_pressure import memory_pressure
from triage.correlate.module_frames import module_frames
from triage.correlate.new_connections import new_connections
from triage.correlate.other_threads import other_threads
from triage.correlate.output_buffers import output_buffers
from triage.correlate.process_history import process_history
from triage.correlate.replication_activity import replication_activity
from triage.correlate.rolling_upgrade import rolling_upgrade
from triage.correlate.running_command import running_command
from triage.correlate.throughput import throughput
from triage.correlate.tls_error_bursts import tls_error_bursts
from triage.correlate.weak_memory_order import weak_memory_order
from triage.logs.scanned import LogScan
from triage.model import Finding, Frame, Incident

CIRCUMSTANCES: tuple[Callable[[Case], Finding], ...] = (
    running_command,
    fault_address,
    module_frames,
    weak_memory_order,
    accept_race_in_core,
    configuration_change,
    child_process,
    replication_activity,
    failover_activity,
    memory_pressure,
    memory_hardware,
    output_buffers,
    throughput,
    blocked_time,
    other_threads,
    process_history,
    rolling_upgrade,
)


_NEIGHBOURS = 100
"""So many failures before and after one are looked at with it: a crash loop may hold thousands."""


def ask(
    incidents: Sequence[Incident], at: int, scan: LogScan, young_ms: int, duty_of: Callable[[Frame], str | None]
) -> tuple[Finding, ...]:
    """The answers to all questions about incident number ``at`` of a log's signed incidents.

    ``duty_of`` tells what a stack frame is for, see ``Case``.
    """
    incident = incidents[at]
    siblings = (*incidents[max(0, at - _NEIGHBOURS) : at], *incidents[at + 1 : at + 1 + _NEIGHBOURS])
    case = Case(incident, scan, siblings, duty_of)
    return (
        new_connections(incident, scan, young_ms),
        tls_error_bursts(incident, scan),
        *(question(case) for question in CIRCUMSTANCES),
    )

"""What the customer could still hand over, and the command that gets it."""

from collections.abc import Iterator, Mapping, Sequence

from triage.knowledge.missing_symbols import symbol_wants
from triage.knowledge.provoked import debug_command
from triage.knowledge.unmatched import was_sent
from triage.model import Finding, Frame, Incident, Kind, Missing, Outcome, Status, Thread, Verdict
from triage.signature.stack import crashed_frames

CRASHES = frozenset({Kind.ASSERTION, Kind.PANIC, Kind.SIGNAL})
_MEMORY_FAULTS = frozenset({"SIGSEGV", "SIGBUS"})
_REPORT = "sed -n '/BUG REPORT START/,/BUG REPORT END/p' /path/to/server.log"
_TOLD_BY_THEIR_END = frozenset({Kind.FATAL_EXIT, Kind.VANISHED, Kind.WATCHDOG, Kind.MEMORY_TEST_FAILED})
"""Kinds of which earlier lines tell nothing: what is known of them stands at their end, or outside the log."""


def what_would_help(incident: Incident, findings: Sequence[Finding], verdict: Verdict) -> tuple[Missing, ...]:
    """What would raise the confidence in this case, most useful first; empty if nothing is known to be missing."""
    wants = (
        *_log_wants(incident, findings),
        *_setting_wants(incident, verdict),
        *_core_wants(incident),
        *_host_wants(incident, verdict),
    )
    return tuple({want.what: want for want in reversed(wants)}.values())[::-1]


def _log_wants(incident: Incident, findings: Sequence[Finding]) -> Iterator[Missing]:
    report = incident.report
    if _is_of_a_core_alone(incident, findings):
        yield Missing(
            "the server's log",
            "It holds what a core does not: INFO, and what happened before the failure.",
            f"{_cli(incident)} CONFIG GET logfile",
        )
        return
    if incident.is_of_a_running_process:
        return
    if incident.kind in CRASHES and (report is None or not report.complete):
        yield Missing(
            "the full crash report",
            "The report is cut, or parts were never written: version, settings, clients or stack may be absent.",
            _REPORT,
        )
    if incident.config and incident.config.get("crash-log-enabled") == "no":
        yield Missing(
            "crash reports",
            "crash-log-enabled is no: the server writes no report when a signal ends it.",
            f"{_cli(incident)} CONFIG SET crash-log-enabled yes",
        )
    earlier = any(_earlier_lines_would_tell(finding, incident) for finding in findings)
    if earlier and incident.kind not in _TOLD_BY_THEIR_END:
        yield Missing(
            "the log before the failure",
            "Some questions could not be answered: the lines that would tell stand earlier, or in a rotated file.",
            f'ls -l "$({_cli(incident)} CONFIG GET logfile | tail -1)"*',
        )
    if incident.kind in CRASHES and incident.server.tls and not _is_verbose(incident, findings):
        yield Missing(
            "a log at level verbose",
            "Only then is every accepted and closed connection logged, to the millisecond; reports count seconds.",
            f"{_cli(incident)} CONFIG SET loglevel verbose",
        )


def _earlier_lines_would_tell(finding: Finding, incident: Incident) -> bool:
    if finding.outcome is not Outcome.NOT_APPLICABLE:
        return False
    if finding.id == "tls-error-bursts":
        return incident.server.tls is not False
    return finding.id == "new-connections" and finding.data.get("open") != 0


_SETTINGS: Mapping[str, tuple[str, str, str]] = {
    "server.io_threads": ("the number of I/O threads", "Some bugs need more than one.", "CONFIG GET io-threads"),
    "server.tls": ("whether TLS is on", "Some bugs are in TLS connections only.", "CONFIG GET tls-*port"),
    "server.mode": ("whether it is a cluster", "Some bugs are in cluster mode only.", "INFO server"),
    "server.modules": ("the loaded modules", "A module may own the failing code.", "MODULE LIST"),
    "server.malloc": ("the allocator", "Active defragmentation works with one only.", "INFO memory"),
    "role": ("whether it was a replica", "Some bugs strike replicas only.", "ROLE"),
}
"""Facts on which an entry may want an answer: what it is, why, and the command that any server answers."""


def _setting_wants(incident: Incident, verdict: Verdict) -> Iterator[Missing]:
    """The version, and what the closest known issue asks for in vain; a restarted server still answers these."""
    if incident.server.version is None:
        why = "Known issues are told apart by version."
        yield Missing("the server's version", why, f"{_binary(incident)} --version")
    for reason in verdict.unchecked:
        if reason.finding in _SETTINGS:
            what, why, command = _SETTINGS[reason.finding]
            yield Missing(what, why, f"{_cli(incident)} {command}")
        elif reason.finding.startswith("config."):
            name = reason.finding.removeprefix("config.")
            yield Missing(
                f"the setting {name}", "The closest known issue needs it.", f"{_cli(incident)} CONFIG GET {name}"
            )
        elif reason.finding in ("current_command", "signal.address"):
            why = "The closest known issue is told by the command that ran and by the fault address."
            yield Missing("the full crash report", why, _REPORT)


def _core_wants(incident: Incident) -> Iterator[Missing]:
    if incident.kind not in CRASHES or not _failed_by_itself(incident):
        return
    frames = crashed_frames(incident)
    if any(_of_core(thread) for thread in incident.threads or ()):
        return
    # The only process of a container has another number outside it.
    which = f" {incident.pid}" if incident.pid and incident.pid > 1 else f" {_binary(incident)}"
    yield Missing(
        "the core dump, with the server's binary",
        "It holds every thread's stack with local variables, and the memory that the report does not print.",
        f"coredumpctl dump{which} --output=core",
    )
    yield Missing(
        "core dumps from the next failure",
        "If there is none of this one, the limit was probably 0 when the server was started.",
        "ulimit -c unlimited",
    )
    if (incident.config or {}).get("crash-memcheck-enabled") != "no":
        yield Missing(
            "all threads in the next core dump",
            "The memory test of the crash report ends background and I/O threads before the core is written.",
            f"{_cli(incident)} CONFIG SET crash-memcheck-enabled no",
        )
    yield from symbol_wants(incident, frames, _binary(incident))


def _host_wants(incident: Incident, verdict: Verdict) -> Iterator[Missing]:
    signal = incident.signal
    own_fault = incident.kind is Kind.SIGNAL and signal and signal.name in _MEMORY_FAULTS
    own_fault = own_fault and _failed_by_itself(incident)
    if was_sent(incident) and signal and signal.sender_pid and signal.sender_pid != incident.pid:
        yield Missing(
            f"who process {signal.sender_pid} was",
            "It sent the signal. It may still run, or stand in the audit log.",
            f"ps -o user,lstart,args -p {signal.sender_pid} || ausearch -i --pid {signal.sender_pid}",
        )
    if own_fault and verdict.status is not Status.KNOWN:
        yield Missing(
            "a test of the machine's memory",
            "A flipped bit looks like a bug. Run it while the server is down, with as many megabytes as it uses.",
            f"{_binary(incident)} --test-memory {_megabytes(incident)}",
        )
    if incident.kind in (Kind.VANISHED, Kind.OUT_OF_MEMORY):
        yield Missing(
            "the kernel's log of that time",
            "It names the process that the out-of-memory killer ended, and the limit that was hit.",
            "journalctl -k --no-pager | grep -i -E 'out of memory|oom|killed process'",
        )
    if incident.kind is Kind.OUT_OF_MEMORY:
        yield Missing("memory figures", "They show what grew.", f"{_cli(incident)} INFO memory")
    if incident.kind is Kind.VANISHED:
        yield Missing(
            "the supervisor's or container's word on the end",
            "Exit code 137 is SIGKILL; OOMKilled names a container's memory limit.",
            "kubectl describe pod POD || docker inspect --format '{{json .State}}' CONTAINER",
        )
    if incident.kind is Kind.WATCHDOG:
        yield Missing(
            "slow commands and latency events",
            "They name what blocked the server.",
            f"{_cli(incident)} LATENCY DOCTOR",
        )


def _failed_by_itself(incident: Incident) -> bool:
    """Whether there is a fault to look for, in the core or the machine."""
    return not was_sent(incident) and debug_command(incident, incident.signature) is None


def _megabytes(incident: Incident) -> int:
    """What the server used at most, in whole megabytes; 2048 if the report does not say."""
    peak = (incident.info or {}).get("Memory", {}).get("used_memory_peak")
    return max(64, peak // 2**20) if isinstance(peak, int) else 2048


def _is_verbose(incident: Incident, findings: Sequence[Finding]) -> bool:
    """Settings may be absent from the report; an ``Accepted`` line among the evidence is as good."""
    level = (incident.config or {}).get("loglevel")
    return level in ("verbose", "debug") or any("Accepted " in e.text for f in findings for e in f.evidence)


def _is_of_a_core_alone(incident: Incident, findings: Sequence[Finding]) -> bool:
    """Whether no log tells of the process that left the core."""
    with_log = any(
        finding.id == "core-and-log" and finding.outcome is not Outcome.CONTRADICTS for finding in findings
    )
    return incident.report is None and not with_log and any(_of_core(thread) for thread in incident.threads or ())


def _of_core(thread: Thread) -> tuple[Frame, ...]:
    frames = thread.core_frames if thread.core_frames is not None else thread.frames
    return tuple(frame for frame in frames if frame.source == "core")


def _binary(incident: Incident) -> str:
    return "redis-server" if incident.server.product == "redis" else "valkey-server"


def _cli(incident: Incident) -> str:
    return "redis-cli" if incident.server.product == "redis" else "valkey-cli"

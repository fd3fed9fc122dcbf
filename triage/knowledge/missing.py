"""What the customer could still hand over, and the command that gets it."""

from collections.abc import Iterator, Sequence

from triage.model import Finding, Frame, Incident, Kind, Missing, Outcome, Thread

_CRASHES = frozenset({Kind.ASSERTION, Kind.PANIC, Kind.SIGNAL})
_MEMORY_FAULTS = frozenset({"SIGSEGV", "SIGBUS"})
_NEED_THE_LOG = frozenset({"new-connections", "tls-error-bursts"})
"""Questions that earlier lines of the log would answer."""
_ADDRESS_LIMIT = 8
"""How many addresses one command names."""


def what_would_help(incident: Incident, findings: Sequence[Finding]) -> tuple[Missing, ...]:
    """What would raise the confidence in this case, most useful first; empty if nothing is known to be missing."""
    wants = (*_log_wants(incident, findings), *_core_wants(incident), *_host_wants(incident))
    return tuple(dict.fromkeys(wants))


def _log_wants(incident: Incident, findings: Sequence[Finding]) -> Iterator[Missing]:
    report = incident.report
    if _is_of_a_core_alone(incident, findings):
        yield Missing(
            "the server's log",
            "It holds what a core does not: INFO, and what happened before the failure.",
            f"{_cli(incident)} CONFIG GET logfile",
        )
        return
    if incident.kind in _CRASHES and (report is None or not report.complete):
        yield Missing(
            "the full crash report",
            "The report is cut, or parts were never written: version, settings, clients or stack may be absent.",
            "sed -n '/BUG REPORT START/,/BUG REPORT END/p' /path/to/server.log",
        )
    if incident.config and incident.config.get("crash-log-enabled") == "no":
        yield Missing(
            "crash reports",
            "crash-log-enabled is no: the server writes no report when a signal ends it.",
            f"{_cli(incident)} CONFIG SET crash-log-enabled yes",
        )
    if any(finding.outcome is Outcome.NOT_APPLICABLE and finding.id in _NEED_THE_LOG for finding in findings):
        yield Missing(
            "the log before the failure",
            "Some questions could not be answered: the lines that would tell stand earlier, or in a rotated file.",
            "ls -l /path/to/server.log*",
        )
    if incident.server.version is None:
        yield Missing(
            "the server's version", "Known issues are told apart by version.", f"{_binary(incident)} --version"
        )
    if incident.kind in _CRASHES and incident.server.tls and not _is_verbose(incident, findings):
        yield Missing(
            "a log at level verbose",
            "Only then is every accepted and closed connection logged, to the millisecond; reports count seconds.",
            f"{_cli(incident)} CONFIG SET loglevel verbose",
        )


def _core_wants(incident: Incident) -> Iterator[Missing]:
    if incident.kind not in _CRASHES:
        return
    frames = _crashed_frames(incident)
    if any(_of_core(thread) for thread in incident.threads or ()):
        return
    which = f" {incident.pid}" if incident.pid and incident.pid > 1 else ""
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
    unnamed = [frame for frame in frames if frame.function is None and _is_servers(frame)]
    if unnamed:
        yield _symbols(incident, unnamed)
    elif not frames:
        yield Missing(
            "the stack of the failing thread",
            "The report holds none: builds with musl cannot write one. A debugger can get it from a core dump.",
            f"gdb -batch -ex 'thread apply all bt full' {_binary(incident)} core",
        )


def _symbols(incident: Incident, unnamed: Sequence[Frame]) -> Missing:
    build = f" (build id {incident.server.build_id})" if incident.server.build_id else ""
    places = [place for frame in unnamed if (place := _place(incident, frame))][:_ADDRESS_LIMIT]
    return Missing(
        f"the exact binary with its debug symbols{build}",
        f"{len(unnamed)} frames of the failing thread have no name: static functions are only in the symbol table.",
        f'addr2line -a -f -i -e "$(command -v {_binary(incident)})" {" ".join(places)}'.rstrip(),
    )


def _place(incident: Incident, frame: Frame) -> str | None:
    """What addr2line takes: the offset in a position-independent binary, the address in another.

    The stack of an assertion or panic holds return addresses only; the call stands one byte before them.
    """
    number = frame.offset if frame.offset is not None else frame.address
    if number is None:
        return None
    return hex(number if incident.kind is Kind.SIGNAL else number - 1)


def _host_wants(incident: Incident) -> Iterator[Missing]:
    signal = incident.signal
    if incident.kind is Kind.SIGNAL and signal and signal.name in _MEMORY_FAULTS and not signal.sent:
        yield Missing(
            "a test of the machine's memory",
            "A flipped bit looks like a bug. Run it while the server is down, with as many megabytes as it uses.",
            f"{_binary(incident)} --test-memory 2048",
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


def _is_verbose(incident: Incident, findings: Sequence[Finding]) -> bool:
    """Settings may be absent from the report; an ``Accepted`` line among the evidence is as good."""
    level = (incident.config or {}).get("loglevel")
    return level in ("verbose", "debug") or any("Accepted " in e.text for f in findings for e in f.evidence)


def _is_servers(frame: Frame) -> bool:
    return frame.module is not None and ".so" not in frame.module


def _is_of_a_core_alone(incident: Incident, findings: Sequence[Finding]) -> bool:
    """Whether no log tells of the process that left the core."""
    with_log = any(
        finding.id == "core-and-log" and finding.outcome is not Outcome.CONTRADICTS for finding in findings
    )
    return incident.report is None and not with_log and any(_of_core(thread) for thread in incident.threads or ())


def _of_core(thread: Thread) -> tuple[Frame, ...]:
    frames = thread.core_frames if thread.core_frames is not None else thread.frames
    return tuple(frame for frame in frames if frame.source == "core")


def _crashed_frames(incident: Incident) -> tuple[Frame, ...]:
    threads = incident.threads or ()
    crashed = threads if len(threads) == 1 else [t for t in threads if t.crashed]
    return crashed[0].frames if crashed else ()


def _binary(incident: Incident) -> str:
    return "redis-server" if incident.server.product == "redis" else "valkey-server"


def _cli(incident: Incident) -> str:
    return "redis-cli" if incident.server.product == "redis" else "valkey-cli"

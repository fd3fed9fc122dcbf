"""Question: was the server blocked before the failure (watchdog, slow disk, slow scripts, a silent log)?"""

from triage.correlate.case import Case, Question
from triage.correlate.durations import duration
from triage.correlate.numbered import numbered, times
from triage.model import Finding, Kind

QUESTION = Question("blocked-time", "Time that the server was blocked")
_WINDOW_MS = 600_000
SLOW_FORK_US = 1_000_000


def blocked_time(case: Case) -> Finding:
    """Lines about slow disks and scripts in the last ten minutes, slow forks, and watchdog dumps."""
    if case.incident.kind is Kind.WATCHDOG:
        return QUESTION.yes(1.0, "The watchdog caught the server blocked.", case.incident.evidence[:2])
    slow = [line for line in case.before("slow_fsync", "slow_script") if _recent(case.age_ms(line))]
    dumps = [other for other in case.siblings if other.kind is Kind.WATCHDOG and other.pid == case.incident.pid]
    fork = case.number("latest_fork_usec")
    delayed = case.number("aof_delayed_fsync")
    parts: list[str] = []
    if slow:
        last = case.age_ms(slow[-1]) or 0
        parts.append(
            f"{numbered(len(slow), 'line tells', 'lines tell')} of a slow disk or script, the last {duration(last)} "
            "before the failure."
        )
    if dumps:
        parts.append(f"The watchdog had caught the server blocked {times(len(dumps))}.")
    if fork and fork >= SLOW_FORK_US:
        parts.append(f"The last fork took {duration(int(fork // 1000))}.")
    figures = {
        "slow_lines": len(slow),
        "watchdog_dumps": len(dumps),
        "latest_fork_usec": fork,
        "delayed_fsync": delayed,
    }
    proof = case.proof("latest_fork_usec", "aof_delayed_fsync")
    if parts:
        evidence = (*case.lines(slow), *(line for other in dumps for line in other.evidence[:1]), *proof)
        return QUESTION.yes(0.4, " ".join(parts), evidence, **figures)
    if case.process is not None:
        return QUESTION.no(0.5, "Nothing tells of a blocked server.", proof, **figures)
    return QUESTION.unanswerable("The log before the failure is not there.")


def _recent(age_ms: int | None) -> bool:
    return age_ms is not None and 0 <= age_ms <= _WINDOW_MS

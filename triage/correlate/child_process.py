"""Question: was a forked child at work (a save, an AOF rewrite, a transfer to a replica, a module's fork)?"""

from triage.correlate.case import Case, Question
from triage.correlate.durations import duration
from triage.correlate.numbered import times
from triage.model import Evidence, Finding

QUESTION = Question("child-process", "A forked child at work at the failure")
_RUNNING = {
    "rdb_bgsave_in_progress": "a save (RDB)",
    "aof_rewrite_in_progress": "an AOF rewrite",
    "module_fork_in_progress": "a module's fork",
}
_LOGGED = {
    "saving": "a save (RDB)",
    "rewriting": "an AOF rewrite",
    "transfer": "a transfer to replicas",
    "slots": "a slot migration",
    "module": "a module's fork",
}


def child_process(case: Case) -> Finding:
    """Whether a child was running, by INFO or else by the log's start and end lines; or the failure is a child's.

    The counter-check counts the children that ended before without a failure of the server.
    """
    if case.incident.role == "child":
        return QUESTION.yes(
            1.0, "The process that failed is itself a forked child; the server went on.", case.incident.evidence[:1]
        )
    failed = case.before("fork_failed")
    ended = case.before("child_ended")
    what, evidence, since_ms = _running(case)
    if what:
        since = f", started {duration(since_ms)} before" if since_ms is not None else ""
        summary = f"{what[0].upper()}{what[1:]} was running at the failure{since}. {_passed(len(ended))}"
        strength = 0.5 if ended else 0.7
        return QUESTION.yes(strength, summary, evidence, running=what, since_ms=since_ms, ended_before=len(ended))
    if failed:
        return QUESTION.yes(
            0.5,
            f"Forking a child failed {times(len(failed))} before the failure, as it does when memory is short.",
            case.lines(failed),
            forks_failed=len(failed),
        )
    if any(case.number(key) is not None for key in _RUNNING):
        return QUESTION.no(1.0, "No child was running.", case.proof(*_RUNNING), ended_before=len(ended))
    if ended:
        return QUESTION.open(f"No child is known to run. {_passed(len(ended))}", case.lines(ended[-1:]))
    return QUESTION.unanswerable("The report holds no INFO, and the log tells of no child.")


def _running(case: Case) -> tuple[str | None, tuple[Evidence, ...], int | None]:
    stated = [key for key in _RUNNING if case.number(key)]
    started = case.before("child_started")
    ended_at = max((line.line for line in case.before("child_ended")), default=0)
    open_ones = [line for line in started if line.line > ended_at]
    since = case.age_ms(open_ones[-1]) if open_ones else None
    lines = case.lines(open_ones[-1:])
    if stated:
        return " and ".join(_RUNNING[key] for key in stated), (*case.proof(*stated), *lines), since
    if open_ones and not any(case.number(key) is not None for key in _RUNNING):
        name = next((name for group, name in _LOGGED.items() if group in open_ones[-1].fields), "a child")
        return name, lines, since
    return None, (), None


def _passed(count: int) -> str:
    if not count:
        return "None is known to have ended well before."
    return f"{count} {'children' if count > 1 else 'child'} had ended before without a failure of the server."

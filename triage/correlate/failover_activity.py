"""Question: was the cluster or a sentinel changing primaries?"""

from triage.correlate.case import Case, Question
from triage.correlate.durations import duration
from triage.correlate.numbered import numbered
from triage.model import Finding

QUESTION = Question("failover-activity", "A failover around the failure")
SOON_MS = 60_000
_FAILOVER = ("failover_won", "failover_manual", "failover_command", "sentinel_switch")
_TROUBLE = ("node_failing", "cluster_state", "primary_lost")
_IDLE = "no-failover"


def failover_activity(case: Case) -> Finding:
    """Whether a failover was running or had begun within a minute before."""
    state = case.text("master_failover_state")
    if state is not None and state != _IDLE:
        return QUESTION.yes(
            0.8, f"A failover was in the state {state}.", case.proof("master_failover_state"), state=state
        )
    for names, strength, text in ((_FAILOVER, 0.7, "A failover is logged"), (_TROUBLE, 0.4, "Trouble is logged")):
        told = [line for line in case.before(*names) if line.fields.get("state") != "ok"]
        lines = [line for line in told if (age := case.age_ms(line)) is not None and 0 <= age <= SOON_MS]
        if lines:
            last = case.age_ms(lines[-1]) or 0
            passed = len(told) - len(lines)
            return QUESTION.yes(
                strength * (1 - last / (2 * SOON_MS)),
                f"{text} {duration(last)} before the failure."
                + (f" {numbered(passed, 'earlier such line')} had no failure within a minute." if passed else ""),
                case.lines(lines),
                last_ms=last,
                passed=passed,
            )
    if state == _IDLE:
        return QUESTION.no(1.0, "No failover was running, and none is logged in the last minute.", case.proof(
            "master_failover_state"
        ))  # fmt: skip
    return QUESTION.unanswerable("Neither INFO nor the log tells of failovers.")

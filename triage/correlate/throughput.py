"""Question: was the load at the end different from the usual one?"""

from triage.correlate.case import Case, Question
from triage.correlate.numbered import numbered
from triage.model import Finding

QUESTION = Question("throughput", "Load at the failure")
PEAK = 2.0
LULL = 0.25
_SETTLED_S = 60
"""Younger servers have no usual load yet."""


def throughput(case: Case) -> Finding:
    """Commands a second at the end against the average since the start, from INFO."""
    now, total = case.number("instantaneous_ops_per_sec"), case.number("total_commands_processed")
    uptime = case.incident.server.uptime_seconds
    if now is None or total is None:
        return QUESTION.unanswerable("The report holds no statistics.")
    proof = case.proof("instantaneous_ops_per_sec", "total_commands_processed", "uptime_in_seconds")
    clients = case.number("connected_clients")
    figures = {"per_second": now, "connected_clients": clients}
    if not uptime or uptime < _SETTLED_S:
        return QUESTION.open(f"{numbered(round(now), 'command')} a second ran at the end.", proof, **figures)
    usual = total / uptime
    figures["usual_per_second"] = round(usual, 1)
    text = f"{numbered(round(now), 'command')} a second ran at the end, {usual:,.1f} on average since the start."
    if now >= PEAK * usual and now >= 100:
        return QUESTION.yes(0.4, f"{text} The load was at a peak.", proof, **figures)
    if now <= LULL * usual and usual >= 10:
        return QUESTION.yes(
            0.3, f"{text} The server had all but stopped answering, or its clients had left.", proof, **figures
        )
    return QUESTION.no(0.6, f"{text} Nothing unusual.", proof, **figures)

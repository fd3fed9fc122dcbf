"""Question: does this server die again and again, or soon after each start?"""

from triage.correlate.case import Case, Question
from triage.correlate.durations import duration
from triage.model import Finding, Incident, Kind

QUESTION = Question("process-history", "Uptime and earlier failures")
SHORT_S = 300
"""A process that lives no longer died of something that its start brings back: its data, its settings, its load."""
LOOP = 3


def process_history(case: Case) -> Finding:
    """Uptime at the failure, and the failures before it in the same log.

    Three short lives in a row are a crash loop.
    """
    if not _is_death(case.incident):
        return QUESTION.unanswerable("The server did not end.")
    uptime = case.incident.server.uptime_seconds
    earlier = [other for other in case.siblings if _is_death(other) and _line(other) < case.failure.first_line]
    family = case.incident.signature.family
    same = [other for other in earlier if family and other.signature.family == family]
    figures = {"uptime_seconds": uptime, "earlier_failures": len(earlier), "same_signature": len(same)}
    evidence = [line for other in earlier[-3:] for line in other.evidence[:1]]
    if len(earlier) + 1 >= LOOP and _short(uptime):
        text = f"A crash loop: it is failure {len(earlier) + 1} in this log, {_after(uptime)}."
        return QUESTION.yes(0.9, text, evidence, **figures)
    if earlier:
        text = (
            f"{len(earlier)} earlier {'failures are' if len(earlier) > 1 else 'failure is'} in this log, {len(same)} "
        )
        text += f"with the same signature. This one came {_after(uptime)}."
        return QUESTION.yes(0.6 if same else 0.4, text, evidence, **figures)
    if uptime is None:
        return QUESTION.unanswerable("The log states no uptime and shows no earlier failure.")
    proof = case.proof("uptime_in_seconds")
    if _short(uptime):
        return QUESTION.open(f"It failed {_after(uptime)}; the log shows no earlier failure.", proof, **figures)
    return QUESTION.no(1.0, f"It failed {_after(uptime)}, and the log shows no earlier failure.", proof, **figures)


def _is_death(incident: Incident) -> bool:
    return incident.kind is not Kind.WATCHDOG and incident.role != "child"


def _line(incident: Incident) -> int:
    if incident.report and incident.report.first_line:
        return incident.report.first_line
    return next((evidence.line for evidence in incident.evidence if evidence.line), 0)


def _short(uptime: int | None) -> bool:
    return uptime is not None and uptime < SHORT_S


def _after(uptime: int | None) -> str:
    if uptime is None:
        return "after an unknown uptime"
    return f"after {duration(uptime * 1000)} of uptime" if uptime else "in its first second"

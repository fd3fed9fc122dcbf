"""Question: were clients' output or query buffers swollen?"""

from triage.correlate.case import Case, Question
from triage.correlate.durations import duration
from triage.correlate.numbered import numbered
from triage.correlate.sizes import size
from triage.model import Client, Finding

QUESTION = Question("output-buffers", "Client buffers at the failure")
LARGE = 32 << 20
"""Bytes of one client's buffers from which on they are worth a look."""
_SOON_MS = 60_000


def output_buffers(case: Case) -> Finding:
    """The largest buffers of the report's client list, and the clients that were closed for theirs."""
    closed = case.before("output_limit", "query_limit")
    recent = [line for line in closed if (age := case.age_ms(line)) is not None and 0 <= age <= _SOON_MS]
    clients = case.incident.clients
    listed = sorted(clients.list, key=_held, reverse=True) if clients else []
    largest = _held(listed[0]) if listed else None
    total = sum(map(_held, listed)) if listed else None
    figures = {"largest_bytes": largest, "total_bytes": total, "closed_for_limits": len(closed) or None}
    lines = case.report_lines([c.line for c in listed[:3] if c.line and _held(c) >= LARGE])
    if recent:
        last = case.age_ms(recent[-1]) or 0
        text = (
            f"{numbered(len(recent), 'client was', 'clients were')} closed for the size of buffers in the last "
            f"minute, the last {duration(last)} before the failure; {len(closed) - len(recent)} before that."
        )
        return QUESTION.yes(0.5, text, (*case.lines(recent), *lines), **figures)
    if largest is not None and total is not None and largest >= LARGE:
        text = f"One client held {size(largest)} of buffers, all together {size(total)}."
        return QUESTION.yes(0.4, text, lines, **figures)
    if listed and largest is not None and total is not None:
        text = f"No client held more than {size(largest)} of buffers, all together {size(total)}."
        return QUESTION.no(1.0, text, case.report_lines([c.line for c in listed[:1] if c.line]), **figures)
    return QUESTION.unanswerable("The report holds no client list.")


def _held(client: Client) -> int:
    """Bytes that the client's buffers take: its total where the server states it, else output and query buffer."""
    stated = client.number("tot-mem")
    if stated is not None:
        return stated
    return sum(client.number(key) or 0 for key in ("omem", "qbuf", "qbuf-free"))

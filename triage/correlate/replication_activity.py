"""Question: was a replica being synchronised, or were slots on the move?"""

from triage.correlate.case import Case, Question
from triage.correlate.durations import duration
from triage.logs.scanned import LogLine
from triage.model import Finding

QUESTION = Question("replication-activity", "Synchronisation or slot migration at the failure")
_RECENT_MS = 30_000
_TRANSFERS = ("wait_bgsave", "send_bulk", "bg_transfer", "wait_bgsave_end")
_REPLICA_KEYS = tuple(f"slave{number}" for number in range(20))


def replication_activity(case: Case) -> Finding:
    """Whether a synchronisation or a migration was under way, by INFO or by lines without their ends."""
    syncing = [
        key for key in _REPLICA_KEYS if any(f"state={state}" in (case.text(key) or "") for state in _TRANSFERS)
    ]
    if syncing:
        text = f"{len(syncing)} of the replicas {'were' if len(syncing) > 1 else 'was'} being synchronised."
        return QUESTION.yes(0.6, text, case.proof(*syncing), replicas_syncing=len(syncing))
    if case.number("master_sync_in_progress"):
        return QUESTION.yes(
            0.6, "This replica was loading its primary's data.", case.proof("master_sync_in_progress"), own_sync=True
        )
    under_way = [*_unfinished(case, "replica_asked", "replica_synced", "replica_lost")]
    under_way += _unfinished(case, "sync_started", "sync_finished", "primary_lost")
    under_way += _unfinished(case, "slot_migration_started", "slot_migration_ended")
    under_way += [line for line in case.before("slot_moved") if _is_recent(case, line)][-1:]
    if under_way:
        last = case.age_ms(under_way[-1])
        when = f" for {duration(last)}" if last is not None and last >= 0 else ""
        return QUESTION.yes(0.5, f"A synchronisation or migration had been under way{when}.", case.lines(under_way))
    link = case.text("master_link_status")
    if link == "down":
        return QUESTION.yes(0.4, "The link to the primary was down.", case.proof("master_link_status"), link="down")
    if case.figures.get("role") is not None:
        return QUESTION.no(
            1.0, "No synchronisation was under way.", case.proof("connected_slaves", "master_link_status", "role")
        )
    finished = case.before("sync_finished", "replica_synced", "slot_migration_ended")
    if finished:
        return QUESTION.no(
            0.7, "The last synchronisation that the log tells of had finished.", case.lines(finished[-1:])
        )
    return QUESTION.unanswerable("The report holds no INFO, and the log tells of no synchronisation.")


def _unfinished(case: Case, start: str, *ends: str) -> list[LogLine]:
    started = case.before(start)
    ended = max((line.line for line in case.before(*ends)), default=0)
    return [line for line in started[-1:] if line.line > ended and _is_recent(case, line, 10)]


def _is_recent(case: Case, line: LogLine, times: int = 1) -> bool:
    age = case.age_ms(line)
    return age is not None and 0 <= age <= times * _RECENT_MS

"""How fast connections arrived before the failure."""

from typing import Any

import numpy as np

from triage.correlate.process_rows import Failure
from triage.logs.scanned import NO_TIME, EventTable
from triage.model import Client, Incident

WINDOW_SECONDS = 10
"""Long enough to count more than chance at a few connections a second, short enough to be "before the failure"."""

ArrivalRate = dict[str, Any]
"""``per_second``, ``count`` in ``window_seconds``, ``source``, and ``usual_per_second`` if that is known."""


def arrival_rate(incident: Incident, accepted: EventTable | None, failure: Failure) -> ArrivalRate | None:
    """The rate from ``Accepted`` lines, else from client ids against ages, else from INFO's totals; else ``None``."""
    return _from_lines(accepted, failure) or _from_ids(incident) or _from_info(incident)


def _from_lines(table: EventTable | None, failure: Failure) -> ArrivalRate | None:
    if table is None or failure.time_ms is None:
        return None
    times = table.times[failure.rows(table)]
    times = times[(times != NO_TIME) & (times <= failure.time_ms)]
    if not len(times):
        return None
    began = failure.started_ms if failure.started_ms is not None and not table.dropped else int(times.min())
    lived_ms = failure.time_ms - began
    if lived_ms <= 0:
        return None
    window_ms = min(lived_ms, WINDOW_SECONDS * 1000)
    count = int(np.count_nonzero(times > failure.time_ms - window_ms))
    usual = round(len(times) * 1000 / lived_ms, 2)
    return _rate(count, window_ms / 1000, "accepted-lines") | {"usual_per_second": usual}


def _from_ids(incident: Incident) -> ArrivalRate | None:
    """Ids are given out one by one, so the newest client against an older one tells how many came in between."""
    clients = incident.clients.list if incident.clients else ()
    known = [numbered for client in clients if (numbered := _id_and_age(client)) is not None]
    if not known:
        return None
    newest_id, newest_age = max(known)
    older = [(age, client_id) for client_id, age in known if age - newest_age >= WINDOW_SECONDS]
    if not older:
        return None
    # Of those old enough, the youngest: as close to the failure as whole seconds allow.
    age = min(older)[0]
    client_id = max(client_id for other_age, client_id in older if other_age == age)
    return _rate(newest_id - client_id, float(age - newest_age), "client-ids")


def _id_and_age(client: Client) -> tuple[int, int] | None:
    client_id, age = client.number("id"), client.number("age")
    return (client_id, age) if client_id is not None and age is not None and client.number("fd") != -1 else None


def _from_info(incident: Incident) -> ArrivalRate | None:
    """Since the start; connections whose TLS handshake failed are not in INFO's total."""
    info = {key: value for section in (incident.info or {}).values() for key, value in section.items()}
    total, uptime = info.get("total_connections_received"), info.get("uptime_in_seconds")
    if not isinstance(total, int) or not isinstance(uptime, int) or uptime <= 0:
        return None
    return _rate(total, float(uptime), "info-totals")


def _rate(count: int, seconds: float, source: str) -> ArrivalRate:
    per_second = round(count / seconds, 2)
    return {"per_second": per_second, "window_seconds": round(seconds, 3), "count": count, "source": source}

"""Question: how old were the youngest connections when the server failed?"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from triage.correlate.arrival_rate import arrival_rate
from triage.correlate.connection_ages import (
    AgeSource,
    ConnectionAge,
    has_sent_nothing,
    in_ms,
    is_connection,
    is_handshaking,
    listed_ages,
    stated_age,
    unlisted_ages,
)
from triage.correlate.connection_words import nothing_known, summary
from triage.correlate.process_rows import failure_evidence, failure_of
from triage.logs.scanned import LogScan
from triage.model import Evidence, Finding, Incident, Outcome

FINDING_ID = "new-connections"
TITLE = "New connections at the moment of failure"

_BANDS = (("<=8ms", 8), ("<=100ms", 100), ("<=1s", 1_000), ("<=10s", 10_000), ("<=1min", 60_000), ("<=1h", 3_600_000))
_LISTED = 10
_SHOWN_LINES = 5
_OLD_MS = 10_000

_FULL = 0.95
_HALF_AT_THRESHOLDS = 4
"""Support has halved at this many times the threshold (32 ms at 8 ms): a loaded host stretches a handshake."""

_WHOLE_SECONDS = 0.3
_WHOLE_SECONDS_HANDSHAKING = 0.4
_LINES_ALONE = 0.3
_AMBIGUOUS = 0.8
_NO_SUPPORT_BELOW = 0.05


def new_connections(incident: Incident, scan: LogScan, threshold_ms: int = 8) -> Finding:
    """How old the youngest connections were when the server failed, and how many were at or under ``threshold_ms``.

    Sources, best first: the debug line that states the failing connection's age (1 ms), ``Accepted`` lines tied by id
    order to the report's client list (1 ms), the client list's ages (1 s). Supports the more the younger they were;
    the threshold scales that and cuts nothing. Whole seconds support at most 0.4; only old connections contradict.
    """
    failure = failure_of(incident, scan)
    stated = stated_age(scan, failure)
    listed = listed_ages(incident.clients, scan, failure) if incident.clients else []
    ages = _merged(stated, listed) or ([] if incident.clients else unlisted_ages(scan, failure))
    data = _data(incident, ages, threshold_ms)
    rate = arrival_rate(incident, scan.floods.get("accepted"), failure)
    if rate is not None:
        data["arrival_rate"] = rate
    if not ages:
        return Finding(FINDING_ID, TITLE, Outcome.NOT_APPLICABLE, 0.0, nothing_known(incident), data)
    outcome, strength = _weigh(ages, threshold_ms)
    lines = [age.evidence(scan.input) or _list_line(age, incident, scan.input) for age in _telling(ages)]
    evidence = (*failure_evidence(incident), *(line for line in lines if line is not None))
    return Finding(FINDING_ID, TITLE, outcome, strength, summary(ages, data, threshold_ms), data, evidence)


def _merged(stated: ConnectionAge | None, listed: Sequence[ConnectionAge]) -> list[ConnectionAge]:
    """The stated connection first, as it is the one that failed, with the id that the client list gives it."""
    if stated is None:
        return list(listed)
    same = [age for age in listed if age.address is not None and age.address == stated.address]
    client = same[0] if len(same) == 1 else None
    others = [age for age in listed if age is not client]
    return [replace(stated, id=client.id, client_line=client.client_line) if client else stated, *others]


def _telling(ages: Sequence[ConnectionAge]) -> list[ConnectionAge]:
    return (in_ms(ages) or list(ages))[:_SHOWN_LINES]


def _data(incident: Incident, ages: Sequence[ConnectionAge], threshold_ms: int) -> dict[str, Any]:
    clients = incident.clients.list if incident.clients else ()
    precise = in_ms(ages)
    data: dict[str, Any] = {"threshold_ms": threshold_ms}
    if incident.clients is not None:
        data["open"] = incident.clients.count
        data["in_handshake"] = sum(is_handshaking(client) for client in clients)
        data["sent_nothing"] = sum(has_sent_nothing(client) for client in clients)
        data["own_links"] = sum(not is_connection(client) for client in clients)
    if not ages:
        return data
    source = precise[0].source if precise else ages[0].source
    data |= {"source": source.value, "precision_ms": 1 if precise else 1000}
    if precise:
        data["youngest_ms"] = min(age.age_ms for age in precise if age.age_ms is not None)
        data["at_or_under_threshold"] = sum((age.age_ms or 0) <= threshold_ms for age in precise)
        data["ambiguous"] = sum(not age.certain for age in precise)
    else:
        data["youngest_s"] = min((age.age_s for age in ages if age.age_s is not None), default=None)
        data["under_one_second"] = sum(age.age_s == 0 for age in ages)
    data["only_whole_seconds"] = sum(age.age_ms is None for age in ages)
    data["youngest"] = [_entry(age) for age in ages[:_LISTED]]
    data["spread"] = _spread(ages)
    return {key: value for key, value in data.items() if value is not None}


def _entry(age: ConnectionAge) -> dict[str, Any]:
    """One connection, without what is not known of it."""
    entry: dict[str, Any] = {
        "id": age.id,
        "addr": age.address,
        "age_ms": age.age_ms,
        "age_s": age.age_s if age.age_ms is None else None,
        "line": age.line,
        "source": age.source.value,
        "certain": age.certain,
        "candidates_ms": list(age.candidates_ms) or None,
        "handshaking": age.handshaking,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _spread(ages: Sequence[ConnectionAge]) -> dict[str, int]:
    """Connections per age band, each counted once. Whole seconds go to the band that holds the full second."""
    spread = dict.fromkeys([*(name for name, _ in _BANDS), "older"], 0)
    for age in ages:
        if age.age_ms is not None:
            ms = age.age_ms
        elif age.age_s is not None:
            ms = 1_000 if age.age_s == 0 else max(age.age_s * 1_000, 1_001)
        else:
            continue
        spread[next((name for name, most in _BANDS if ms <= most), "older")] += 1
    return spread


def _weigh(ages: Sequence[ConnectionAge], threshold_ms: int) -> tuple[Outcome, float]:
    precise = in_ms(ages)
    youngest = precise[0] if precise else ages[0]
    if youngest.at_least_ms >= _OLD_MS and youngest.source is not AgeSource.ACCEPTED_ALONE:
        return Outcome.CONTRADICTS, _contradiction(youngest.at_least_ms)
    strength = _support(youngest, threshold_ms, any(age.handshaking for age in ages))
    # A connection known to the second only may have been younger than all those known to the ms.
    if precise and any(age.age_ms is None and age.age_s == 0 for age in ages):
        strength = max(strength, _WHOLE_SECONDS)
    if strength < _NO_SUPPORT_BELOW:
        return Outcome.NEUTRAL, 0.0
    return Outcome.SUPPORTS, round(strength, 2)


def _support(youngest: ConnectionAge, threshold_ms: int, handshaking: bool) -> float:
    if youngest.age_ms is None:
        if youngest.age_s is None or youngest.age_s > 1:
            return 0.0
        cap = _WHOLE_SECONDS_HANDSHAKING if handshaking else _WHOLE_SECONDS
        return cap if youngest.age_s == 0 else cap / 4
    by_age = _FULL / (1 + youngest.age_ms / (_HALF_AT_THRESHOLDS * max(threshold_ms, 1)))
    if youngest.source is AgeSource.ACCEPTED_ALONE:
        return min(by_age, _LINES_ALONE)
    return by_age if youngest.certain else by_age * _AMBIGUOUS


def _contradiction(youngest_ms: int) -> float:
    """0.2 at ten seconds, rising with the logarithm of the age to 0.5 from five minutes on."""
    return round(min(0.5, 0.2 * (1 + math.log10(youngest_ms / _OLD_MS))), 2)


def _list_line(age: ConnectionAge, incident: Incident, log: str) -> Evidence | None:
    """The client's own line in the report."""
    text = next((raw.text for raw in incident.raw if raw.line == age.client_line), None)
    return None if text is None else Evidence(log, text, age.client_line)

"""What is said of the connections, in plain sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from triage.correlate.connection_ages import AgeSource, ConnectionAge, in_ms
from triage.correlate.durations import duration
from triage.model import Incident

HOW_TO_RECORD = "`CONFIG SET loglevel verbose` records every accepted connection to the millisecond."
"""What to tell someone whose log cannot answer."""


def summary(ages: Sequence[ConnectionAge], data: Mapping[str, Any], threshold_ms: int) -> str:
    """The finding in a few sentences; ``data`` are the finding's figures."""
    precise = in_ms(ages)
    head = f"{_connections(data['open'])} open. " if "open" in data else ""
    if not precise:
        return head + _whole_seconds(data)
    youngest = precise[0]
    if youngest.source is AgeSource.ACCEPTED_ALONE:
        return (
            f"The last connection was accepted {duration(youngest.age_ms or 0)} before the failure. "
            "Without the report's client list it is not known which connections were still open."
        )
    under = data["at_or_under_threshold"]
    text = f"{head}{_youngest_sentence(youngest)} {under or 'None'} {_was(under or 1)} at most {threshold_ms} ms old."
    if waiting := data.get("in_handshake", 0):
        text += f" {waiting} {_was(waiting)} still in the handshake."
    if data["ambiguous"]:
        text += f" For {data['ambiguous']} the match with an Accepted line is ambiguous."
    return text


def _youngest_sentence(youngest: ConnectionAge) -> str:
    age = duration(youngest.age_ms or 0)
    if youngest.source is AgeSource.STATE_LINE:
        return f"The connection that failed was {age} old, as the server states."
    told = "" if youngest.certain else " (an ambiguous match)"
    return f"The youngest was accepted {age} before the failure{told}."


def _whole_seconds(data: Mapping[str, Any]) -> str:
    if "youngest_s" not in data:
        return f"Their ages are not recorded. {HOW_TO_RECORD}"
    if data["youngest_s"] > 0:
        return f"The youngest was about {duration(data['youngest_s'] * 1000)} old."
    count = data["under_one_second"]
    handshakes = data.get("in_handshake", 0)
    still = f", {handshakes} of them still in the handshake" if handshakes else ""
    return f"{count} {_was(count)} under one second old{still}; finer is not recorded. {HOW_TO_RECORD}"


def nothing_known(incident: Incident) -> str:
    """What to say when no source holds an age."""
    if incident.clients is not None:
        return "The report's client list holds no connection."
    return f"The log holds neither a client list nor Accepted lines. {HOW_TO_RECORD}"


def _connections(count: int) -> str:
    return f"{count} connection{'' if count == 1 else 's'} {_was(count)}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"

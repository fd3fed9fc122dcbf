"""Question: does the core hold the flags that the main thread did not see when it asserted on a TLS connection?

An I/O thread finishes a handshake, stores its result in the connection's flags, and then says that it is done. The
main thread reads the flags as 0 only if the two stores became visible in the other order (valkey-io/valkey#1883). The
first one arrives a moment later, so the core shows what the assertion denies.
"""

from pathlib import PurePosixPath

from triage.correlate.case import Case, Question
from triage.model import Evidence, Finding, Kind, ServerState, StateClient

QUESTION = Question("accept-race-in-core", "The asserted TLS connection in the core")
_ACCEPTING = "ACCEPTING"
_RESULTS = frozenset(("read-want-write", "write-want-read", "accept-error", "accept-success"))
"""What a step of a handshake leaves: ``registerSSLEvent`` asserts that one of them is there (tls.c)."""


def accept_race_in_core(case: Case) -> Finding:
    """The state and flags of the connection that the failing frames worked on."""
    incident, state = case.incident, case.incident.state
    file = PurePosixPath(incident.site.file).name if incident.site and incident.site.file else None
    if incident.kind is not Kind.ASSERTION or file != "tls.c":
        return QUESTION.unanswerable("No assertion about a TLS connection failed.")
    if state is None:
        return QUESTION.unanswerable(
            "The connection itself is in the core only, and readable with the binary's debug information."
        )
    client = _asserted(state)
    if client is None or client.connection is None:
        return QUESTION.open("The failing frames hold no pointer to any client's TLS connection.")
    connection, flags = client.connection, client.connection.tls_flag_names or ()
    text = (
        f"The failing frames work on the connection of client {client.fields.get('id')}, in state {connection.state}"
    )
    flagged = f"its flags in the core are {connection.tls_flags} ({', '.join(flags) or 'none'})"
    proof = (Evidence(state.source, f"connection at {connection.address}: {flagged}", offset=connection.offset),)
    figures: dict[str, object] = {
        "client": client.fields.get("id"),
        "state": connection.state,
        "tls_flags": connection.tls_flags,
        "tls_flag_names": list(flags),
        "io_read_state": client.io_read_state,
    }
    if connection.state != _ACCEPTING:
        return QUESTION.no(0.7, f"{text}: it was not being accepted.", proof, **figures)
    if _RESULTS.isdisjoint(flags):
        return QUESTION.open(f"{text}; {flagged}: no result of the handshake there either.", proof, **figures)
    told = "The main thread had read no result in them, so the I/O thread's store arrived after: that is the race."
    return QUESTION.yes(0.95, f"{text}; {flagged}. {told}", proof, **figures)


def _asserted(state: ServerState) -> StateClient | None:
    """The client with a TLS connection whose pointer the innermost frame holds."""
    held = [
        (client.on_stack, at, client)
        for at, client in enumerate(state.clients or ())
        if client.on_stack is not None and client.connection is not None and client.connection.type == "tls"
    ]
    return min(held, key=lambda found: found[:2])[2] if held else None

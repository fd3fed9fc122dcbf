"""Parts of a client that come and go: subscriptions, transactions, tracking.

Until Valkey 8.0 their members stand in the client; since 8.1 in structs that it points to and that are made when a
client first needs them, so that a null pointer means none.
"""

from triage.state.containers import count_entries
from triage.state.values import Value, number
from triage.symbols.c_types import Shape

_PUBSUB, _TRANSACTION = "pubsub_data", "mstate"
NONE_QUEUED = NO_REDIRECTION = -1
"""What CLIENT LIST prints for a client outside of MULTI, and for one without CLIENT TRACKING."""


def subscriptions(client: Value, member: str) -> int | None:
    """How many channels or patterns a client listens to: ``pubsub_channels``, ``pubsub_patterns``, …"""
    return 0 if _never_made(client, _PUBSUB) else count_entries(_member(client, _PUBSUB, member))


def watched_keys(client: Value) -> int | None:
    """How many keys it watches. Since Valkey 8.1 their list is part of the transaction's state."""
    if _never_made(client, _TRANSACTION):
        return 0
    return count_entries(client.at(f"{_TRANSACTION}->watched_keys") or client.field("watched_keys"))


def queued_commands(client: Value, flags: tuple[str, ...]) -> int | None:
    """Commands queued since MULTI. Since Valkey 8.1 a client that ever watched a key or sent MULTI counts from 0."""
    state = client.field(_TRANSACTION)
    if state is not None and state.type.shape is Shape.POINTER:
        return NONE_QUEUED if not state.number() else number(state.pointed(), "count")
    return number(state, "count") if "multi" in flags else NONE_QUEUED


def queued_bytes(client: Value) -> int | None:
    """The size of their arguments."""
    if _never_made(client, _TRANSACTION):
        return 0
    found = client.at(f"{_TRANSACTION}->argv_len_sums")
    return found.number() if found is not None else None


def redirection(client: Value, flags: tuple[str, ...]) -> int | None:
    """The client that gets the invalidation messages, 0 if it is this one; ``None`` before Redis 6.0."""
    if client.field(_PUBSUB, "client_tracking_redirection") is None:
        return None
    if "tracking" not in flags:
        return NO_REDIRECTION
    held = _member(client, _PUBSUB, "client_tracking_redirection")
    return held.number() if held is not None else None


def _never_made(client: Value, part: str) -> bool:
    """Whether the client has a pointer to this part, and it is null."""
    held = client.field(part)
    return held is not None and held.type.shape is Shape.POINTER and held.number() == 0


def _member(client: Value, part: str, name: str) -> Value | None:
    return client.at(f"{part}->{name}") or client.field(name)

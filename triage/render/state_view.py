"""What a core says of the server, as groups of facts and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.model import ClusterLink, Incident, MemoryUse, StateClient
from triage.render import wording
from triage.render.figures import Group, Table, label
from triage.render.headline import Fact

_GROUPS = ("status", "memory", "replication", "io_threads", "queues")
_CLIENT_COLUMNS = (
    "Client",
    "Address",
    "Flags",
    "Command",
    "Connection",
    "I/O read",
    "I/O write",
    "Waits in",
    "Frame",
)


@dataclass(frozen=True, slots=True)
class StateView:
    """``broken`` are sentences on what could be read in part only."""

    source: str
    groups: tuple[Group, ...]
    tables: tuple[Table, ...]
    broken: tuple[str, ...]


def state_view(incident: Incident, rows: int) -> StateView | None:
    """The server's state and its memory map, ``rows`` of each table; ``None`` if no core tells of them."""
    state = incident.state
    groups: list[Group] = []
    tables: list[Table] = []
    if state is not None:
        parts = ((name, getattr(state, name)) for name in _GROUPS)
        groups = [Group(label(name), _facts(values, rows)) for name, values in parts if values]
        tables = [_clients(state.clients or (), rows), _links(state.cluster_links or (), rows)]
    tables.append(_memory(incident.memory_map or ()))
    told = tuple(table for table in tables if table.rows)
    if not groups and not told:
        return None
    return StateView(
        source=state.source if state is not None else "the core",
        groups=tuple(groups),
        tables=told,
        broken=state.broken[:rows] if state is not None else (),
    )


def _facts(values: Mapping[str, object], most: int) -> tuple[Fact, ...]:
    return tuple(Fact(label(key), _told(value)) for key, value in list(values.items())[: 2 * most])


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:,}" if type(value) is int else str(value)


def _clients(clients: Sequence[StateClient], rows: int) -> Table:
    """The clients, those on the failing stack first."""
    ordered = sorted(clients, key=lambda client: (client.on_stack is None, client.on_stack or 0))
    shown = tuple(map(_client, ordered[:rows]))
    return Table("Clients in memory", _CLIENT_COLUMNS, shown, max(len(clients) - rows, 0))


def _client(client: StateClient) -> tuple[str, ...]:
    connection = client.connection
    known = () if connection is None else (connection.type, connection.state, *(connection.tls_flag_names or ()))
    return (
        _told(client.fields.get("id", client.address)),
        _told(client.fields.get("addr", "")),
        " ".join(client.flag_bits),
        _told(client.fields.get("cmd", "")),
        " ".join(word for word in known if word),
        client.io_read_state or "",
        client.io_write_state or "",
        ", ".join(client.queues),
        "" if client.on_stack is None else f"#{client.on_stack}",
    )


def _links(links: Sequence[ClusterLink], rows: int) -> Table:
    shown = tuple(
        (
            link.node or "",
            "in" if link.inbound else "out",
            link.state or "",
            "" if link.age_ms is None else wording.milliseconds(link.age_ms),
        )
        for link in links[:rows]
    )
    return Table("Cluster links", ("Node", "Direction", "State", "Age"), shown, max(len(links) - rows, 0))


def _memory(uses: Sequence[MemoryUse]) -> Table:
    shown = tuple((use.kind, f"{use.ranges:,}", wording.size(use.mapped), wording.size(use.dumped)) for use in uses)
    return Table("Memory of the process", ("Kind", "Ranges", "Mapped", "In the core"), shown)

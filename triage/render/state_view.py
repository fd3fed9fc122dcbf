"""What a core says of the server, as groups of facts and tables."""

from collections.abc import Mapping, Sequence

from triage.model import ClusterLink, Incident, Instant, MemoryUse, ServerState, StateClient
from triage.model.client import ClientValue
from triage.records import dataclass
from triage.render import wording
from triage.render.figures import Group, Table, label
from triage.render.headline import Fact

_GROUPS = ("status", "memory", "replication", "io_threads", "queues")
_TIMES = {"unixtime": 1000, "start_time": 1000, "mstime": 1, "down_since": 1000, "transfer_last_io": 1000}
"""Points in time, in milliseconds each; 0 stands for never."""
_SWITCHES = frozenset(("loading", "crashed"))
_NUMBERED = frozenset(("pid", "child_pid", "primary_port"))
"""Names that happen to be numbers."""
_OF_A_REPLICA = frozenset(("primary_host", "primary_port", "state", "down_since", "transfer_last_io"))
_OF_A_CHILD = frozenset(("child_pid", "child_type"))
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
        parts = ((name, _that_apply(state, getattr(state, name))) for name in _GROUPS)
        groups = [Group(label(name), _facts(name, values, rows)) for name, values in parts if values]
        tables = [_clients(state.clients or (), rows), _links(state.cluster_links or (), rows)]
    tables.append(_memory(incident.memory_map or ()))
    told = tuple(table for table in tables if table.rows)
    if not groups and not told:
        return None
    return StateView(
        source=state.source if state is not None else "the core",
        groups=tuple(groups),
        tables=told,
        broken=(*state.broken[:rows], *_not_rebuilt(state)) if state is not None else (),
    )


def _that_apply(state: ServerState, values: Mapping[str, ClientValue] | None) -> Mapping[str, ClientValue]:
    """Without what says nothing: a primary has no primary of its own, and most servers have no child."""
    status = state.status or {}
    idle = _OF_A_REPLICA if status.get("role") == "primary" else frozenset[str]()
    child = status.get("child_pid")
    childless = _OF_A_CHILD if isinstance(child, int) and child <= 0 else frozenset[str]()
    left_out = idle | childless | ({"unixtime"} if "mstime" in status else set())
    return {key: value for key, value in (values or {}).items() if key not in left_out}


def _facts(group: str, values: Mapping[str, ClientValue], most: int) -> tuple[Fact, ...]:
    return tuple(Fact(label(key), _fact(group, key, value)) for key, value in list(values.items())[: 2 * most])


def _fact(group: str, key: str, value: ClientValue) -> str:
    """A value in the unit that it has in the source."""
    if not isinstance(value, int) or key in _NUMBERED:
        return str(value) if isinstance(value, int) else _told(value)
    if key in _SWITCHES:
        return "yes" if value else "no"
    if key in _TIMES:
        return wording.moment(Instant(value * _TIMES[key], 0)) if value > 0 else "never"
    if key == "uptime_seconds":
        return wording.duration(value)
    if key == "maxmemory" and not value:
        return "no limit"
    return wording.size(value) if group == "memory" and value >= 0 else _told(value)


def _told(value: ClientValue) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:,}" if isinstance(value, int) else value


def _not_rebuilt(state: ServerState) -> tuple[str, ...]:
    """Which fields of CLIENT LIST are missing, by the reason that they share."""
    names: dict[str, list[str]] = {}
    for name, why in (state.not_rebuilt or {}).items():
        names.setdefault(why, []).append(name)
    return tuple(f"{' and '.join(fields)} of clients cannot be rebuilt: {why}." for why, fields in names.items())


def _clients(clients: Sequence[StateClient], rows: int) -> Table:
    """The clients, those on the failing stack first."""
    ordered = sorted(clients, key=lambda client: (client.on_stack is None, client.on_stack or 0))
    shown = tuple(map(_client, ordered[:rows]))
    # Only some versions have I/O states, and most clients wait in no queue.
    filled = [at for at in range(len(_CLIENT_COLUMNS)) if any(row[at] for row in shown)]
    columns, cells = (tuple(_CLIENT_COLUMNS[at] for at in filled), [tuple(row[at] for at in filled) for row in shown])
    return Table("Clients in memory", columns, tuple(cells), max(len(clients) - rows, 0))


def _client(client: StateClient) -> tuple[str, ...]:
    connection = client.connection
    known = () if connection is None else (connection.type, connection.state, *(connection.tls_flag_names or ()))
    return (
        str(client.fields.get("id", client.address)),
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

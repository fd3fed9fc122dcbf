"""Reads the global ``server`` of a core: settings, status, clients, queues, replication, cluster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from triage.cores import Core, CoreFrame
from triage.model.client import ClientValue
from triage.model.state import ServerState, StateClient
from triage.records import dataclass
from triage.state.client_list import NOT_IN_MEMORY
from triage.state.clients import read_client
from triage.state.cluster_links import read_links
from triage.state.containers import walk_list
from triage.state.held_pointers import held_by
from triage.state.io_queues import read_io_queues
from triage.state.program import Program
from triage.state.reading import Clocks, Reading
from triage.state.replication_buffer import ReplicationBuffer
from triage.state.settings import IO_THREADS, MEMORY, QUEUES, REPLICATION, SETTINGS, STATUS, YES_OR_NO, Rows
from triage.state.values import Process, Value, number
from triage.symbols.c_types import Shape

SERVER = "server"
MOST_CLIENTS = 5000
"""Reading so many takes two seconds."""
_SOURCES = ("server.c", "redis.c")
_STRUCTS = ("valkeyServer", "redisServer")
_CONNECTION_TYPES = {"CT_TLS": "tls", "CT_Socket": "tcp", "CT_Unix": "unix", "CT_RDMA": "rdma"}


@dataclass(slots=True)
class _Server:
    """The struct, and what could not be read of it so far."""

    value: Value
    core: Core
    program: Program
    broken: list[str] = field(default_factory=list)

    def rows(self, rows: Rows) -> Mapping[str, ClientValue] | None:
        """The values of a table, as far as this version has them."""
        found = {name: value for name, paths in rows.items() if (value := self._row(paths)) is not None}
        return found or None

    def _row(self, paths: Sequence[str]) -> ClientValue | None:
        for path in paths:
            member = self.value.at(path)
            if member is not None:
                return _plain(member)
        return None


def read_server_state(
    core: Core, program: Program, failing: Sequence[CoreFrame], *, user_data: bool = False
) -> ServerState | None:
    """The state, or ``None`` if the program has no debug information or no such variable.

    ``failing`` are the frames of the failing thread from where it failed on. ``user_data`` shows what clients sent
    and how they are called. Raises ``DwarfError`` if the debug information is damaged.
    """
    kind = program.types.variable(SERVER, _SOURCES)
    address = program.address_of(SERVER)
    if kind is None or address is None or kind.name not in _STRUCTS:
        return None
    server = _Server(Value(Process(core.memory, program.types), kind, address), core, program)
    queues, lengths = _queues(server)
    clients = _clients(server, queues, failing, user_data)
    status = server.rows(STATUS)
    now_ms = number(server.value, "mstime")
    return ServerState(
        source=core.name,
        type=kind.name,
        settings=_settings(server),
        status=_status(server, status),
        replication=server.rows(REPLICATION),
        memory=server.rows(MEMORY),
        io_threads=_io_threads(server),
        queues=lengths or None,
        clients=clients,
        current_client=_client_id(server, "current_client"),
        executing_client=_client_id(server, "executing_client"),
        cluster_links=read_links(server.value, now_ms),
        not_rebuilt=_not_rebuilt(clients or ()),
        broken=tuple(server.broken),
        user_data=user_data,
    )


def _plain(value: Value) -> ClientValue | None:
    """A number, an enumerator's name or a text; ``None`` for anything else and for null pointers."""
    if value.type.shape is Shape.ENUM:
        return value.enumerator() or value.number()
    if value.type.shape is Shape.NUMBER:
        return value.number()
    return value.text() or None


def _settings(server: _Server) -> Mapping[str, ClientValue] | None:
    found = server.rows(SETTINGS)
    return found and {
        name: ("yes" if value else "no") if name in YES_OR_NO else value for name, value in found.items()
    }


def _status(server: _Server, found: Mapping[str, ClientValue] | None) -> Mapping[str, ClientValue] | None:
    """The status with what it implies: role, mode, and the time that the server ran."""
    implied: dict[str, ClientValue] = {}
    host = server.value.field("primary_host", "masterhost")
    sentinel, cluster = number(server.value, "sentinel_mode"), number(server.value, "cluster_enabled")
    if host is not None and (pointer := host.number()) is not None:
        implied["role"] = "sentinel" if sentinel else "replica" if pointer else "primary"
    if cluster is not None:
        implied["mode"] = "sentinel" if sentinel else "cluster" if cluster else "standalone"
    now, start = number(server.value, "unixtime"), number(server.value, "stat_starttime")
    if now is not None and start is not None:
        implied["uptime_seconds"] = now - start
    return {**(found or {}), **implied} or None


def _io_threads(server: _Server) -> Mapping[str, ClientValue] | None:
    found = server.rows(IO_THREADS)
    return {**(found or {}), **read_io_queues(server.value, server.program)} or None


def _queues(server: _Server) -> tuple[dict[int, tuple[str, ...]], dict[str, int]]:
    """For each client's address the queues that it waits in, and for each queue its length."""
    waiting: dict[int, tuple[str, ...]] = {}
    lengths: dict[str, int] = {}
    for name, member in QUEUES.items():
        found = server.value.field(member)
        if found is None or not found.number():
            continue
        walk = walk_list(found)
        lengths[name] = len(walk.nodes)
        if walk.broken is not None:
            server.broken.append(f"{member}: {walk.broken}")
        for node in walk.nodes:
            address = node.number() or 0
            waiting[address] = (*waiting.get(address, ()), name)
    return waiting, lengths


def _clients(
    server: _Server, queues: Mapping[int, tuple[str, ...]], failing: Sequence[CoreFrame], user_data: bool
) -> tuple[StateClient, ...] | None:
    walk = walk_list(server.value.field("clients"))
    if walk.broken is not None:
        told = f" of {walk.told}" if walk.told is not None else ""
        server.broken.append(f"clients: {walk.broken}; {len(walk.nodes)}{told} were reached")
    structs = list(_structs(server, walk.nodes[:MOST_CLIENTS]))
    if len(walk.nodes) > MOST_CLIENTS:
        server.broken.append(f"clients: the first {MOST_CLIENTS} of {len(walk.nodes)} were read")
    held = {struct.address: number(struct, "conn") or 0 for struct in structs}
    reading = Reading(
        clocks=_clocks(server.value),
        connection_types=_connection_types(server.program),
        queues=queues,
        on_stack=held_by(server.core, failing, {*held, *held.values()} - {0}),
        user_data=user_data,
        replication=ReplicationBuffer.of(server.value),
    )
    clients = [read_client(struct, reading) for struct in structs]
    lost = sum(client is None for client in clients)
    if lost:
        server.broken.append(f"clients: {lost} of them are not in the core")
    return tuple(client for client in clients if client is not None) if clients or not walk.broken else None


def _not_rebuilt(clients: Sequence[StateClient]) -> Mapping[str, str] | None:
    """The fields of CLIENT LIST that some of the clients lack, and why."""
    lacking = {name: why for name, why in NOT_IN_MEMORY.items() if any(name not in one.fields for one in clients)}
    return lacking or None


def _structs(server: _Server, nodes: Sequence[Value]) -> Iterator[Value]:
    """What the nodes of the list point to, as clients: its type is told by the server's pointers to some."""
    pointer = server.value.field("current_client")
    kind = server.value.process.types.of(pointer.type.target) if pointer is not None else None
    for node in nodes if kind is not None and kind.members else ():
        address = node.number()
        if address and kind is not None:
            yield Value(node.process, kind, address)


def _clocks(server: Value) -> Clocks:
    """Ages count from the time of the last command since Redis 7.4 and Valkey 8.0, idle times from the last tick."""
    now, snapshot = number(server, "unixtime"), number(server, "cmd_time_snapshot")
    by_snapshot = server.type.name == "valkeyServer" or server.field("hide_user_data_from_log") is not None
    return Clocks(age=snapshot // 1000 if by_snapshot and snapshot is not None else now, idle=now)


def _connection_types(program: Program) -> dict[int, str]:
    found = {program.address_of(symbol): name for symbol, name in _CONNECTION_TYPES.items()}
    return {address: name for address, name in found.items() if address is not None}


def _client_id(server: _Server, member: str) -> int | None:
    pointer = server.value.field(member)
    client = pointer.pointed() if pointer is not None else None
    return number(client, "id") if client is not None else None

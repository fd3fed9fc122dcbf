"""The server's own state in a core, and what an incident that has no report takes from it."""

from collections.abc import Mapping
from dataclasses import replace

from triage.cases.dead_process import DeadProcess
from triage.model import Client, ClientList, Incident, Instant, Problem, Server
from triage.model.client import ClientValue
from triage.model.state import ServerState, StateClient
from triage.state.program import Program
from triage.state.server_state import read_server_state
from triage.symbols.elf_image import ElfError
from triage.symbols.module import Module

_PRODUCTS = {"valkeyServer": "valkey"}
"""Valkey 7.2 still calls the struct ``redisServer``: there the program's name tells."""


def state_of(
    dead: DeadProcess, program: Module | None, *, user_data: bool
) -> tuple[ServerState | None, tuple[Problem, ...]]:
    """The state by the file of the main program, and why it could not be read where that is damaged."""
    if program is None:
        return None, ()
    try:
        found = Program.of(dead.core, program)
        return (read_server_state(dead.core, found, dead.failing_frames, user_data=user_data) if found else None), ()
    except ElfError as error:
        return None, (Problem(f"the server's state was not read: {error}", error.hint),)


def clock_of(state: ServerState | None) -> Instant | None:
    """The server's own time of its last tick."""
    ticked = (state.status or {}).get("mstime") if state is not None else None
    return Instant(ticked, 0) if isinstance(ticked, int) and ticked > 0 else None


def with_state(incident: Incident, state: ServerState | None) -> Incident:
    """The incident of a core alone, with what a report would have said."""
    if state is None:
        return incident
    role = _text(state.status, "role")
    current = _client(state, state.executing_client) or _client(state, state.current_client)
    clients = [_as_listed(client) for client in state.clients or ()]
    command = current.fields.get("cmd") if current and current.argc else None
    return replace(
        incident,
        state=state,
        time=incident.time or clock_of(state),
        role=incident.role or role,
        server=_server(incident.server, state),
        clients=ClientList(len(clients), tuple(clients)) if state.clients is not None else None,
        current_client=_as_listed(current) if current else None,
        current_command=command if isinstance(command, str) and command != "NULL" else None,
    )


def _client(state: ServerState, wanted: int | None) -> StateClient | None:
    clients = state.clients or ()
    return next((client for client in clients if wanted is not None and client.fields.get("id") == wanted), None)


def _as_listed(client: StateClient) -> Client:
    return Client(client.fields)


def _server(server: Server, state: ServerState) -> Server:
    tls_port, threads = _number(state.settings, "tls-port"), _number(state.settings, "io-threads")
    active = _number(state.io_threads, "active")
    uptime = _number(state.status, "uptime_seconds")
    several = threads is not None and threads > 1
    return replace(
        server,
        product=_PRODUCTS.get(state.type or "", server.product),
        mode=server.mode or _text(state.status, "mode"),
        uptime_seconds=server.uptime_seconds if server.uptime_seconds is not None else uptime,
        tls=server.tls if server.tls is not None else (None if tls_port is None else tls_port > 0),
        io_threads=server.io_threads if server.io_threads is not None else threads,
        # Valkey 8.0 counts the active threads, the main one among them; before, it was a flag.
        io_threads_active=None if active is None else several and active > (state.type == "valkeyServer"),
    )


def _number(values: Mapping[str, ClientValue] | None, name: str) -> int | None:
    found = (values or {}).get(name)
    return found if isinstance(found, int) else None


def _text(values: Mapping[str, ClientValue] | None, name: str) -> str | None:
    found = (values or {}).get(name)
    return found if isinstance(found, str) else None

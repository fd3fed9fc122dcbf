"""The clients of the dead server: what CLIENT LIST prints of them, rebuilt, and what it does not print."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from triage.model import Hex
from triage.model.client import ClientValue
from triage.model.state import Connection, StateClient
from triage.state.client_flags import listed_flags, set_flags
from triage.state.connections import read_connection
from triage.state.containers import Sds, read_sds, read_string
from triage.state.values import Value

REDACTED = "*redacted*"
"""What the server itself prints with hide-user-data-from-log."""
MOST_ARGUMENTS = 1000
_IO_STATES = ("IDLE", "PENDING_IO", "COMPLETED_IO")
_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "argv-mem": ("argv_len_sum",),
    "rbs": ("buf_usable_size",),
    "rbp": ("buf_peak",),
    "obl": ("bufpos",),
    "resp": ("resp",),
    "tot-net-in": ("net_input_bytes",),
    "tot-net-out": ("net_output_bytes",),
    "tot-cmds": ("commands_processed",),
}
"""Fields of CLIENT LIST that stand in the client as they are, by the members that held them."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The server's own time in seconds: what ages are counted from, and what idle times are counted from."""

    age: int | None
    idle: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What all clients of one server are read with."""

    clocks: Clocks
    connection_types: dict[int, str]
    queues: Mapping[int, tuple[str, ...]]
    on_stack: Mapping[int, int]
    user_data: bool


def read_client(client: Value, reading: Reading) -> StateClient | None:
    """The client at that place; ``None`` if there is none: its memory is gone, or it is something else."""
    if number(client, "id") is None:
        return None
    connection = read_connection(client.field("conn"), reading.connection_types)
    flags = set_flags(client)
    argc = number(client, "argc")
    held = (client.address, connection.address if connection else 0)
    return StateClient(
        address=Hex(client.address),
        fields=_fields(client, connection, flags, reading),
        flag_bits=flags,
        connection=connection,
        ctime=number(client, "ctime"),
        last_interaction=number(client, "last_interaction", "lastinteraction"),
        io_read_state=_io_state(client, "io_read_state"),
        io_write_state=_io_state(client, "io_write_state"),
        io_thread=number(client, "cur_tid"),
        queues=reading.queues.get(client.address, ()),
        argc=argc,
        argv=_arguments(client, argc or 0, reading.user_data),
        on_stack=min((reading.on_stack[at] for at in held if at in reading.on_stack), default=None),
    )


def number(struct: Value, *names: str) -> int | None:
    """The number in the first member of these names that the version has."""
    found = struct.field(*names)
    return found.number() if found is not None else None


def _fields(
    client: Value, connection: Connection | None, flags: tuple[str, ...], reading: Reading
) -> Mapping[str, ClientValue]:
    ctime, last = number(client, "ctime"), number(client, "last_interaction", "lastinteraction")
    buffered = read_sds(client.field("querybuf"))
    has_buffer = client.field("querybuf") is not None
    found: dict[str, ClientValue | None] = {
        "id": number(client, "id"),
        "addr": _text(read_sds(client.field("peerid"))),
        "laddr": _text(read_sds(client.field("sockname"))),
        "fd": connection.fd if connection else number(client, "fd"),
        "name": _hidden(_text(read_string(client.field("name"))) or "", reading.user_data),
        "age": _since(reading.clocks.age, ctime),
        "idle": _since(reading.clocks.idle, last),
        "flags": listed_flags(flags),
        "db": _at(client, "db->id"),
        "multi": _queued(client, flags),
        "qbuf": buffered.length if buffered else (0 if has_buffer else None),
        "qbuf-free": buffered.free if buffered else (0 if has_buffer else None),
        "oll": _at(client, "reply->len"),
        "events": _events(connection),
        "cmd": _command(client.field("lastcmd")),
        "user": _user(client, reading.user_data),
        "lib-name": _text(read_string(client.field("lib_name"))),
        "lib-ver": _text(read_string(client.field("lib_ver"))),
        **{name: number(client, *members) for name, members in _NUMBERS.items()},
    }
    return {name: value for name, value in found.items() if value is not None}


def _at(struct: Value, path: str) -> int | None:
    found = struct.at(path)
    return found.number() if found is not None else None


def _text(found: Sds | None) -> str | None:
    return None if found is None else found.text


def _hidden(name: str, user_data: bool) -> str:
    return name if user_data or not name else REDACTED


def _since(now: int | None, then: int | None) -> int | None:
    return None if now is None or then is None else now - then


def _queued(client: Value, flags: tuple[str, ...]) -> int | None:
    if "multi" not in flags:
        return -1
    return _at(client, "mstate->count")


def _events(connection: Connection | None) -> str | None:
    if connection is None or connection.reads is None:
        return None
    return ("r" if connection.reads else "") + ("w" if connection.writes else "")


def _command(command: Value | None) -> str | None:
    """``get``, ``xinfo|stream``; ``NULL`` before the first command, as CLIENT LIST has it."""
    if command is None:
        return None
    struct = command.pointed()
    if struct is None:
        return "NULL"
    full = read_sds(struct.field("fullname"))
    plain = struct.field("name", "declared_name")
    return full.text if full is not None else (plain.text() if plain is not None else None)


def _user(client: Value, user_data: bool) -> str | None:
    user = client.field("user")
    if user is None:
        return None
    if not user.number():
        return "(superuser)"
    name = _text(read_sds(user.at("name")))
    return name if name is None or name == "default" else _hidden(name, user_data)


def _io_state(client: Value, name: str) -> str | None:
    state = number(client, name)
    return _IO_STATES[state] if state is not None and state < len(_IO_STATES) else None


def _arguments(client: Value, count: int, user_data: bool) -> tuple[str, ...] | None:
    """The command in hand; of what the user sent only the size, but for the command's name if it is one."""
    argv = client.field("argv")
    if argv is None or count <= 0:
        return None
    known = client.field("cmd")
    is_command = known is not None and bool(known.number())
    found: Iterable[Sds | None] = (read_string(pointer) for pointer in argv.elements(min(count, MOST_ARGUMENTS)))
    return tuple(
        "?" if text is None else text.text if user_data or (at == 0 and is_command) else f"{text.length} bytes"
        for at, text in enumerate(found)
    )

"""CLIENT LIST, rebuilt: the fields that the server prints of a client, as far as memory holds them.

Source: ``catClientInfoString()`` in networking.c of Redis 2.8 to 7.4 and Valkey 7.2 to 9.1.
"""

from collections.abc import Mapping

from triage.model.client import ClientValue
from triage.model.state import Connection
from triage.state.client_flags import listed_flags
from triage.state.client_parts import queued_bytes, queued_commands, redirection, subscriptions, watched_keys
from triage.state.containers import Sds, count_entries, read_sds, read_string
from triage.state.reading import Reading
from triage.state.replication_buffer import Backlog
from triage.state.values import Value, number

REDACTED = "*redacted*"
"""What the server itself prints with hide-user-data-from-log."""
NOT_IN_MEMORY: Mapping[str, str] = {
    "addr": "the server asks the kernel for it when it first prints it, and had not for some of the clients",
    "laddr": "the server asks the kernel for it when it first prints it, and had not for some of the clients",
    "tot-mem": "it counts what the allocator gave for each block, which no type of the program tells",
}
"""Fields that a client may lack here, and why."""
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
_CAPABILITIES = "r"
"""Letters by bit: CLIENT_CAPA_REDIRECT."""
_NOT_DEFERRED = (1 << 64) - 1
_NETWORKING = ("networking.c",)


def listed_fields(
    client: Value, connection: Connection | None, flags: tuple[str, ...], reading: Reading
) -> Mapping[str, ClientValue]:
    """The fields by the names that CLIENT LIST gives them."""
    ctime, last = number(client, "ctime"), number(client, "last_interaction", "lastinteraction")
    buffered, has_buffer = read_sds(client.field("querybuf")), client.field("querybuf") is not None
    backlog = reading.replication.waiting_for(client)
    found: dict[str, ClientValue | None] = {
        "id": number(client, "id"),
        "addr": _text(read_sds(client.field("peerid"))),
        "laddr": _text(read_sds(client.field("sockname"))),
        "fd": connection.fd if connection else number(client, "fd"),
        "name": _hidden(_text(read_string(client.field("name"))) or "", reading.user_data),
        "age": _since(reading.clocks.age, ctime),
        "idle": _since(reading.clocks.idle, last),
        "flags": listed_flags(flags),
        "capa": _capabilities(client),
        "db": _at(client, "db->id"),
        "sub": subscriptions(client, "pubsub_channels"),
        "psub": subscriptions(client, "pubsub_patterns"),
        "ssub": subscriptions(client, "pubsubshard_channels"),
        "multi": queued_commands(client, flags),
        "watch": watched_keys(client),
        "qbuf": buffered.length if buffered else (0 if has_buffer else None),
        "qbuf-free": buffered.free if buffered else (0 if has_buffer else None),
        "multi-mem": queued_bytes(client),
        "oll": _sum(count_entries(client.field("reply")), backlog.blocks if backlog else None),
        "omem": _output_bytes(client, flags, backlog),
        "events": _events(connection),
        "cmd": _command(client.field("lastcmd")),
        "user": _user(client, reading.user_data),
        "redir": redirection(client, flags),
        "lib-name": _optional(client, "lib_name"),
        "lib-ver": _optional(client, "lib_ver"),
        **{name: number(client, *members) for name, members in _NUMBERS.items()},
    }
    return {name: value for name, value in found.items() if value is not None}


def _at(struct: Value, path: str) -> int | None:
    found = struct.at(path)
    return found.number() if found is not None else None


def _text(found: Sds | None) -> str | None:
    return None if found is None else found.text


def _optional(client: Value, member: str) -> str | None:
    """The text of a member that may be null, which prints as nothing."""
    held = client.field(member)
    return "" if held is not None and held.number() == 0 else _text(read_string(held))


def _hidden(name: str, user_data: bool) -> str:
    return name if user_data or not name else REDACTED


def _since(now: int | None, then: int | None) -> int | None:
    return None if now is None or then is None else now - then


def _sum(*parts: int | None) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _capabilities(client: Value) -> str | None:
    bits = number(client, "capa")
    return None if bits is None else "".join(name for bit, name in enumerate(_CAPABILITIES) if bits >> bit & 1)


def _output_bytes(client: Value, flags: tuple[str, ...], backlog: Backlog | None) -> int | None:
    """What waits to be sent, the static buffer aside: ``getClientOutputBufferMemoryUsage()``."""
    types = client.process.types
    node = types.structure("listNode", _NETWORKING)
    block = types.structure("clientReplyBlock", _NETWORKING)
    shared = types.structure("replBufBlock", _NETWORKING)
    if "replica" in flags and "monitor" not in flags and shared is not None:
        if node is None or node.size is None or shared.size is None or backlog is None:
            return None
        return backlog.size + backlog.blocks * (node.size + shared.size)
    count, held = count_entries(client.field("reply")), number(client, "reply_bytes")
    if node is None or block is None or node.size is None or block.size is None or count is None or held is None:
        return None
    deferred = number(client, "deferred_reply_bytes")
    if deferred is not None and deferred != _NOT_DEFERRED:
        count, held = count + (count_entries(client.field("deferred_reply")) or 0), held + deferred
    return held + count * (node.size + block.size) + (number(client, "io_tracked_reply_len") or 0)


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

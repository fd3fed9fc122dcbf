"""The clients of the dead server: what CLIENT LIST prints of them, rebuilt, and what it does not print."""

from collections.abc import Iterable

from triage.model import Hex
from triage.model.state import StateClient
from triage.state.client_flags import set_flags
from triage.state.client_list import listed_fields
from triage.state.connections import read_connection
from triage.state.containers import Sds, read_string
from triage.state.reading import Reading
from triage.state.values import Value, number

MOST_ARGUMENTS = 1000
_IO_STATES = ("IDLE", "PENDING_IO", "COMPLETED_IO")


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
        fields=listed_fields(client, connection, flags, reading),
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

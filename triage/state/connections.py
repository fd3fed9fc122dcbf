"""A client's connection: its type, its state, and the flags of TLS, which the report does not print.

Sources: connection.h, connhelpers.h and tls.c of Redis 6.0 to 7.4 and Valkey 7.2 to 9.0.
"""

from triage.model import Hex
from triage.model.state import Connection
from triage.state.values import Value

TLS_FLAGS = (
    "read-want-write", "write-want-read", "fd-set", "postpone-update-state", "has-pending", "accept-error",
    "accept-success",
)  # fmt: skip
"""tls.c, TLS_CONN_FLAG_…, from bit 0 on; the last four since Valkey 8.0 and 8.1."""
_STATES = ("NONE", "CONNECTING", "ACCEPTING", "CONNECTED", "CLOSED", "ERROR")
_STATE_PREFIX = "CONN_STATE_"
_TLS_SOURCES = ("tls.c",)
_INT_BYTES = 4


def read_connection(pointer: Value | None, type_names: dict[int, str]) -> Connection | None:
    """The connection that a ``connection *`` points to; ``type_names`` maps ConnectionType addresses to names."""
    struct = pointer.pointed() if pointer is not None else None
    if struct is None or not struct.type.members:
        return None
    kind = type_names.get(_number(struct, "type") or 0)
    offset = struct.process.memory.dumped.offset_of(struct.address)
    flags = _tls_flags(struct) if kind == "tls" else None
    reads, writes = _number(struct, "read_handler"), _number(struct, "write_handler")
    return Connection(
        address=Hex(struct.address),
        offset=None if offset is None else Hex(offset),
        type=kind,
        state=_state(struct),
        fd=_number(struct, "fd"),
        last_errno=_number(struct, "last_errno"),
        flags=_number(struct, "flags"),
        refs=_number(struct, "refs"),
        reads=None if reads is None else bool(reads),
        writes=None if writes is None else bool(writes),
        tls_flags=flags,
        tls_flag_names=None if flags is None else tls_flag_names(flags),
    )


def tls_flag_names(flags: int) -> tuple[str, ...]:
    """The names of the set flags."""
    return tuple(name for bit, name in enumerate(TLS_FLAGS) if flags >> bit & 1)


def _state(connection: Value) -> str | None:
    """``ACCEPTING``: the enumerator without its prefix, or by its number where the field is a plain integer."""
    state = connection.field("state")
    if state is None:
        return None
    name, number = state.enumerator(), state.number()
    if name is not None:
        return name.removeprefix(_STATE_PREFIX)
    return _STATES[number] if number is not None and 0 <= number < len(_STATES) else None


def _tls_flags(connection: Value) -> int | None:
    """The flags of ``tls_connection``, which begins with the connection; without its type, what comes after."""
    tls = connection.process.types.structure("tls_connection", _TLS_SOURCES)
    if tls is not None and (flags := connection.as_type(tls).field("flags")) is not None:
        return flags.number()
    raw = connection.process.memory.read(connection.address + (connection.type.size or 0), _INT_BYTES)
    return None if raw is None or connection.type.size is None else int.from_bytes(raw, "little")


def _number(struct: Value, name: str) -> int | None:
    field = struct.field(name)
    return field.number() if field is not None else None

"""The server's own state, read from the memory of the dead process."""

from collections.abc import Mapping

from triage.model.client import ClientValue
from triage.model.hexadecimal import Hex
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class Connection:
    """A client's connection. ``type`` is ``tcp``, ``tls``, ``unix``; ``state`` as in the source (``ACCEPTING``).

    ``tls_flags`` are those of a TLS connection, ``tls_flag_names`` the set ones by name. ``reads`` and ``writes`` say
    whether a handler waits for the socket. ``offset`` is where it stands in the core file.
    """

    address: Hex
    offset: Hex | None = None
    type: str | None = None
    state: str | None = None
    fd: int | None = None
    last_errno: int | None = None
    flags: int | None = None
    refs: int | None = None
    reads: bool | None = None
    writes: bool | None = None
    tls_flags: int | None = None
    tls_flag_names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class StateClient:
    """A client in the dead server's memory.

    ``fields`` are those of CLIENT LIST, under its names, as far as memory holds them; ``flag_bits`` are all that
    are set, also those flags that CLIENT LIST does not print, under the source's names.
    ``queues`` are the lists of the server that the client waits in. ``argv`` is its command in hand; what a user sent
    stands there as its size (``10 bytes``) unless it was asked for. ``on_stack`` is the index of the innermost frame
    of the failing thread's core stack that holds a pointer to this client or its connection, counted from where it
    failed: frames of the crash handler do not count.
    """

    address: Hex
    fields: Mapping[str, ClientValue]
    flag_bits: tuple[str, ...] = ()
    connection: Connection | None = None
    ctime: int | None = None
    last_interaction: int | None = None
    io_read_state: str | None = None
    io_write_state: str | None = None
    io_thread: int | None = None
    queues: tuple[str, ...] = ()
    argc: int | None = None
    argv: tuple[str, ...] | None = None
    on_stack: int | None = None


@dataclass(frozen=True, slots=True)
class ClusterLink:
    """A connection of the cluster bus; ``age_ms`` in milliseconds, by the server's own clock."""

    node: str | None
    inbound: bool
    state: str | None = None
    age_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ServerState:
    """What the dead server's memory says, read through the types of its debug information.

    ``source`` is the core. ``type`` is the struct that was read (``valkeyServer``). ``settings`` are configuration
    directives under their names, ``status`` what changes as the server runs, ``replication`` and ``memory`` parts of
    it. ``clients`` is ``None`` if their list could not be read at all; ``not_rebuilt`` says of fields of CLIENT LIST
    that some of them lack why memory does not tell. ``broken`` says of each structure that could
    be read in part only where it broke; ``user_data`` whether names and arguments are shown.
    """

    source: str
    type: str | None = None
    settings: Mapping[str, ClientValue] | None = None
    status: Mapping[str, ClientValue] | None = None
    replication: Mapping[str, ClientValue] | None = None
    memory: Mapping[str, ClientValue] | None = None
    io_threads: Mapping[str, ClientValue] | None = None
    queues: Mapping[str, int] | None = None
    clients: tuple[StateClient, ...] | None = None
    current_client: int | None = None
    executing_client: int | None = None
    cluster_links: tuple[ClusterLink, ...] | None = None
    not_rebuilt: Mapping[str, str] | None = None
    broken: tuple[str, ...] = ()
    user_data: bool = False

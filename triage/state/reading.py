"""What all clients of one server are read with."""

from collections.abc import Mapping

from triage.records import dataclass
from triage.state.replication_buffer import ReplicationBuffer


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
    replication: ReplicationBuffer

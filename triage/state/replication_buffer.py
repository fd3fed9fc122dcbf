"""The buffer that all replicas share (replication.c since Redis 7.0): how much of it waits for one of them."""

from triage.records import dataclass
from triage.state.values import Value, number

_SOURCES = ("replication.c", "networking.c", "server.c")
_BLOCK = "replBufBlock"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a replica still has to get: blocks of the shared buffer, and the bytes in them."""

    blocks: int
    size: int


@dataclass(frozen=True, slots=True)
class ReplicationBuffer:
    """The end of the shared buffer: the number of its last block, and the offset behind it."""

    last: int | None
    end: int | None

    @classmethod
    def of(cls, server: Value) -> "ReplicationBuffer":
        """The buffer of a server; unknown in versions that have none, or without any block."""
        blocks = server.field("repl_buffer_blocks")
        block = _block(blocks.at("tail") if blocks is not None else None)
        begin, size = number(block, "repl_offset"), number(block, "size")
        return cls(number(block, "id"), None if begin is None or size is None else begin + size)

    def waiting_for(self, replica: Value) -> Backlog | None:
        """What waits for a client; ``None`` where that cannot be told."""
        node = replica.at("repl_data->ref_repl_buf_node") or replica.field("ref_repl_buf_node")
        if node is None or not node.number():
            return Backlog(0, 0)
        block = _block(node)
        first, begin = number(block, "id"), number(block, "repl_offset")
        if first is None or begin is None or self.last is None or self.end is None:
            return None
        return Backlog(self.last - first + 1, self.end - begin)


def _block(node: Value | None) -> Value | None:
    """The block that a list's node holds."""
    held = node.at("value") if node is not None else None
    address = held.number() if held is not None else None
    kind = held.process.types.structure(_BLOCK, _SOURCES) if held is not None else None
    return Value(held.process, kind, address) if held is not None and kind is not None and address else None

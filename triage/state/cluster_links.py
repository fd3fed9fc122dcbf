"""The connections of the cluster bus, whose ages the server keeps in milliseconds."""

from collections.abc import Iterator

from triage.model.state import ClusterLink
from triage.state.connections import read_connection
from triage.state.values import Value

MOST_NODES = 2000
MOST_ENTRIES = 1 << 20
_CLUSTER_SOURCES = ("cluster_legacy.c", "cluster.c")
_DICT_SOURCES = ("dict.c",)


def read_links(server: Value, now_ms: int | None) -> tuple[ClusterLink, ...] | None:
    """The links to and from all known nodes; ``None`` without a cluster, or if its types are not to be had."""
    pointer = server.field("cluster")
    cluster = pointer.pointed() if pointer is not None else None
    if cluster is None:
        return None
    complete = cluster.process.types.structure("clusterState", _CLUSTER_SOURCES)
    nodes = (cluster.as_type(complete) if complete else cluster).field("nodes")
    table = nodes.pointed() if nodes is not None else None
    if table is None:
        return None
    return tuple(link for node in _values(table) for link in _links(node, now_ms))


def _links(pointer: Value, now_ms: int | None) -> Iterator[ClusterLink]:
    types = pointer.process.types
    kind = types.structure("_clusterNode", _CLUSTER_SOURCES) or types.structure("clusterNode", _CLUSTER_SOURCES)
    address = pointer.number()
    if kind is None or not address:
        return
    node = Value(pointer.process, kind, address)
    name = node.field("name")
    for member, inbound in (("link", False), ("inbound_link", True)):
        field = node.field(member)
        link = field.pointed() if field is not None else None
        if link is None:
            continue
        made, connection = link.field("ctime"), read_connection(link.field("conn"), {})
        since = made.number() if made is not None else None
        yield ClusterLink(
            node=_text(name),
            inbound=inbound,
            state=connection.state if connection else None,
            age_ms=None if now_ms is None or since is None else now_ms - since,
        )


def _text(name: Value | None) -> str | None:
    """A node's name: an array of 40 characters without an end."""
    count = name.type.count if name is not None else None
    raw = name.process.memory.read(name.address, count) if name is not None and count else None
    return None if raw is None else raw.split(b"\0")[0].decode("ascii", "backslashreplace")


def _values(table: Value) -> Iterator[Value]:
    """The values of a dict (dict.h of Redis 4.0 to 7.4 and Valkey 7.2 to 9.0), at most ``MOST_NODES``."""
    entry_type = table.process.types.structure("dictEntry", _DICT_SOURCES)
    count = 0
    for buckets, size in _tables(table):
        for bucket in buckets.elements(min(size, MOST_ENTRIES)):
            address = bucket.number()
            while address and entry_type is not None and count < MOST_NODES:
                entry = Value(table.process, entry_type, address)
                value, following = entry.field("val"), entry.field("next")
                if value is None and (union := entry.field("v")) is not None:
                    value = union.field("val")
                if value is None:
                    break
                yield value
                count += 1
                address = following.number() if following is not None else None


def _tables(table: Value) -> Iterator[tuple[Value, int]]:
    arrays, exponents = table.field("ht_table"), table.field("ht_size_exp")
    if arrays is not None and exponents is not None:
        for buckets, exponent in zip(arrays.elements(), exponents.elements(), strict=False):
            power = exponent.number()
            if power is not None and 0 <= power < 32:
                yield buckets, 1 << power
        return
    older = table.field("ht")
    for half in older.elements() if older is not None else ():
        pointer, size = half.field("table"), half.field("size")
        if pointer is not None and size is not None:
            yield pointer, size.number() or 0

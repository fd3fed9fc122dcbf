"""The server's own containers: linked lists (adlist), tables (dict, hashtable), strings (sds), string objects (robj).

Layouts: ``list``/``listNode`` of adlist.h by their types; sds.h by its bytes, as sds is ``char *`` to the debugger:
the byte before the text says in its lowest 3 bits how wide the length before it is.
"""

from dataclasses import field

from triage.cores import Memory
from triage.cores.machine import WORD
from triage.records import dataclass
from triage.state.values import MOST_TEXT, Value, number
from triage.symbols.c_types import Shape

MOST_NODES = 100_000
_SDS_WIDTHS = {1: 1, 2: 2, 3: 4, 4: 8}
_SDS_5 = 0
_STRING_ENCODINGS = (0, 8)
_INTEGER_ENCODING = 1
_SDS_8_HEADER = 3
_EXPIRY_BYTES = 8
_HUGE = 1 << 40
_TABLE_SOURCES = ("hashtable.c",)


@dataclass(slots=True)
class Walk:
    """A walk over a linked list. ``broken`` says where and why it ended early; ``told`` is the list's own count."""

    told: int | None = None
    broken: str | None = None
    nodes: list[Value] = field(default_factory=list)


def walk_list(listed: Value | None) -> Walk:
    """The values of a list's nodes, as pointers. Each node must point back to the one before it."""
    head = listed.pointed() if listed is not None else None
    walk = Walk()
    if head is None:
        walk.broken = "there is no such list"
        return walk
    length = head.field("len")
    walk.told = length.number() if length is not None else None
    node, before = head.at("head"), 0
    seen: set[int] = set()
    while node is not None and (address := node.number()):
        problem = _problem(node, address, before, seen)
        if problem is not None or len(walk.nodes) >= MOST_NODES:
            walk.broken = problem or f"more than {MOST_NODES} nodes"
            break
        seen.add(address)
        value = node.at("value")
        if value is not None:
            walk.nodes.append(value)
        node, before = node.at("next"), address
    if walk.broken is None and walk.told not in (None, len(walk.nodes)):
        walk.broken = f"the list ends after {len(walk.nodes)} nodes"
    return walk


def _problem(node: Value, address: int, before: int, seen: set[int]) -> str | None:
    back = node.at("prev")
    found = back.number() if back is not None else None
    if found is None:
        return f"the node at {address:#x} is not in the core: the pointer to it is damaged"
    if address in seen:
        return f"the node at {address:#x} comes twice: the list runs in a circle"
    if found != before:
        return f"the node at {address:#x} points back to {found:#x}, not to the one before it"
    return None


def count_entries(container: Value | None) -> int | None:
    """How many entries a list or table counts, by itself or through a pointer to it; ``None`` if that is unknown."""
    head = container.pointed() if container is not None and container.type.shape is Shape.POINTER else container
    if head is None:
        return None
    if (told := number(head, "len")) is not None:
        return told
    if (halves := head.field("ht")) is not None:  # dict.h before Redis 7.0
        return _total([half.field("used") for half in halves.elements()])
    used = head.field("ht_used")
    if used is None and (opaque := head.process.types.structure("hashtable", _TABLE_SOURCES)) is not None:
        used = head.as_type(opaque).field("used")
    return None if used is None else _total(list(used.elements()))


def _total(parts: list[Value | None] | list[Value]) -> int | None:
    counts = [part.number() if part is not None else None for part in parts]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


@dataclass(frozen=True, slots=True)
class Sds:
    """A string of the server's: ``length`` bytes, ``free`` more to grow into. ``text`` is cut at 4 KiB."""

    length: int
    free: int
    text: str


def read_sds(pointer: Value | None) -> Sds | None:
    """The sds that a ``char *`` points to; ``None`` for a null pointer, or one to something else."""
    address = pointer.number() if pointer is not None else None
    return _sds_at(pointer.process.memory, address) if pointer is not None and address else None


def _sds_at(memory: Memory, address: int) -> Sds | None:
    flag = memory.read(address - 1, 1)
    kind = flag[0] & 7 if flag else None
    if flag is None or kind is None:
        return None
    if kind == _SDS_5:
        length, free = flag[0] >> 3, 0
    elif (width := _SDS_WIDTHS.get(kind)) is not None:
        raw = memory.read(address - 1 - 2 * width, 2 * width) or b""
        length, room = int.from_bytes(raw[:width], "little"), int.from_bytes(raw[width:], "little")
        free = room - length
    else:
        return None
    text = memory.read(address, min(length, MOST_TEXT))
    if text is None or free < 0 or length > _HUGE:
        return None
    return Sds(length, free, text.decode("utf-8", "backslashreplace"))


def read_string(pointer: Value | None) -> Sds | None:
    """The string or integer that an object (robj) holds."""
    held = pointer.pointed() if pointer is not None else None
    kind = number(held, "encoding")
    if held is None or kind is None:
        return None
    if number(held, "hasembval"):
        return _embedded(held)
    value = held.field("ptr", "val_ptr")
    if kind == _INTEGER_ENCODING and (found := value.number() if value is not None else None) is not None:
        text = str(found - (1 << 64) if found >> 63 else found)
        return Sds(len(text), 0, text)
    return read_sds(value) if kind in _STRING_ENCODINGS else None


def _embedded(held: Value) -> Sds | None:
    """The string inside an object that has one instead of the pointer at its end (object.c of Valkey 9.1)."""
    memory = held.process.memory
    at = held.address + (held.type.size or 0) - WORD
    if number(held, "hasexpire"):
        at += _EXPIRY_BYTES
    if number(held, "hasembkey"):
        header = memory.read(at, 1)
        at += 1 + header[0] if header else 0
        key = _sds_at(memory, at)
        if key is None:
            return None
        at += key.length + 1
    return _sds_at(memory, at + _SDS_8_HEADER)

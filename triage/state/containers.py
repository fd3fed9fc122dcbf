"""The server's own containers: linked lists (adlist), strings (sds), string objects (robj).

Layouts: ``list``/``listNode`` of adlist.h by their types; sds.h by its bytes, as sds is ``char *`` to the debugger:
the byte before the text says in its lowest 3 bits how wide the length before it is.
"""

from dataclasses import dataclass, field

from triage.state.values import MOST_TEXT, Value

MOST_NODES = 100_000
_SDS_WIDTHS = {1: 1, 2: 2, 3: 4, 4: 8}
_SDS_5 = 0
_STRING_ENCODINGS = (0, 8)
_INTEGER_ENCODING = 1
_HUGE = 1 << 40


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


@dataclass(frozen=True, slots=True)
class Sds:
    """A string of the server's: ``length`` bytes, ``free`` more to grow into. ``text`` is cut at 4 KiB."""

    length: int
    free: int
    text: str


def read_sds(pointer: Value | None) -> Sds | None:
    """The sds that a ``char *`` points to; ``None`` for a null pointer, or one to something else."""
    address = pointer.number() if pointer is not None else None
    if not address or pointer is None:
        return None
    memory = pointer.process.memory
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
    encoding, held = (pointer.at(name) if pointer is not None else None for name in ("encoding", "ptr"))
    kind = encoding.number() if encoding is not None else None
    if kind == _INTEGER_ENCODING and held is not None and (number := held.number()) is not None:
        text = str(number - (1 << 64) if number >> 63 else number)
        return Sds(len(text), 0, text)
    return read_sds(held) if kind in _STRING_ENCODINGS else None

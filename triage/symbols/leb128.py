"""LEB128, the variable-length integers of DWARF."""

MOST_BYTES = 10
"""Enough for 64 bits. Longer ones are damage, and would make huge integers."""


def uleb(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned number at ``at``, and where the next item begins. Raises ``IndexError`` beyond the data."""
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    value = byte & 0x7F
    for place in range(1, MOST_BYTES):
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise IndexError("an integer without an end")


def sleb(data: bytes, at: int) -> tuple[int, int]:
    """The signed number at ``at``, and where the next item begins. Raises ``IndexError`` beyond the data."""
    value, end = uleb(data, at)
    bits = 7 * (end - at)
    return (value - (1 << bits) if value >> bits - 1 & 1 else value), end

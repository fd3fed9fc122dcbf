"""Numbers that people read in base 16: addresses, offsets, registers."""


class Hex(int):
    """An integer that every output writes as ``0x…`` (JSON: a string, as 64 bits do not fit a double)."""

    def __str__(self) -> str:
        return hex(self)

    def __repr__(self) -> str:
        return f"Hex({hex(self)})"

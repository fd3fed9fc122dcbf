"""Numbers that people read in base 16: addresses, offsets, registers."""

from triage.patterns import compiled

_NUMBER = compiled(r"(?:0[xX])?0*[0-9a-fA-F]{1,16}")


class Hex(int):
    """An integer that every output writes as ``0x…`` (JSON: a string, as 64 bits do not fit a double)."""

    def __str__(self) -> str:
        return hex(self)

    @classmethod
    def read(cls, text: str) -> "Hex | None":
        """The number that ``text`` spells, with or without ``0x``; ``None`` if it is none of 64 bits."""
        return cls(int(text, 16)) if _NUMBER.fullmatch(text) else None

    def __repr__(self) -> str:
        return f"Hex({hex(self)})"

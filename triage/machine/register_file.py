"""Register values by any of their names: parts of registers, and the names that reports and disassemblers use."""

from collections.abc import Mapping

_ARM = {"FP": "X29", "LR": "X30", "X29": "FP", "X30": "LR"}


class RegisterFile:
    """The registers that a report or core states, looked up without regard to case."""

    def __init__(self, values: Mapping[str, int]) -> None:
        self._values = {name.upper(): value for name, value in values.items()}

    def get(self, name: str) -> int | None:
        """The value of a register or of its low part; ``None`` if it is not stated."""
        wanted = name.upper()
        for known, bits in _spellings(wanted):
            if known in self._values:
                return self._values[known] & ((1 << bits) - 1)
        return None

    @property
    def program_counter(self) -> int | None:
        """Address of the instruction at which the thread stood."""
        return self._first("RIP", "EIP", "PC")

    @property
    def stack_pointer(self) -> int | None:
        """Top of the thread's stack."""
        return self._first("RSP", "ESP", "SP")

    def _first(self, *names: str) -> int | None:
        return next((self._values[name] for name in names if name in self._values), None)


def _spellings(name: str) -> list[tuple[str, int]]:
    """Names under which a register, or the one that it is the low part of, may be stated, with the bits it has."""
    found = [(name, 64)]
    if name in _ARM:
        found.append((_ARM[name], 64))
    if name[:1] == "W" and name[1:].isdigit():
        found.append((f"X{name[1:]}", 32))
    if name[:1] == "R" and name.endswith("D") and name[1:-1].isdigit():
        found.append((name[:-1], 32))
    if name[:1] == "E" and len(name) == 3:
        found.append((f"R{name[1:]}", 32))
    return found

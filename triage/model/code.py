"""Machine code around the failing instruction, as the report dumps it."""

from collections.abc import Mapping

from triage.model.hexadecimal import Hex
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class CodeDump:
    """The bytes of a function from its start at ``base`` on; ``line`` is the 1-based log line that holds them."""

    base: Hex
    octets: bytes
    symbol: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decoded instruction; ``failing`` marks the one at which the process stopped."""

    address: Hex
    text: str
    failing: bool = False


@dataclass(frozen=True, slots=True)
class MemoryOperand:
    """What an instruction did to memory: ``access`` is ``read``, ``write``, ``read-write`` or ``execute``.

    ``registers`` are those that made up the address, with their values where the report states them; ``address`` is
    the sum, ``None`` if a register is unknown. ``size`` is in bytes.
    """

    text: str
    access: str
    address: Hex | None = None
    size: int | None = None
    registers: Mapping[str, Hex | None] | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """The failing instruction among its neighbours. ``explanation`` says in a sentence what it tried to do."""

    architecture: str
    instructions: tuple[Instruction, ...]
    function: str | None = None
    offset: Hex | None = None
    operands: tuple[MemoryOperand, ...] = ()
    explanation: str | None = None
    line: int | None = None

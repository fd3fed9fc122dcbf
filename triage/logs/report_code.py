"""The machine code that a report dumps around the failing instruction."""

from collections.abc import Sequence

from triage.logs.report_parts import Part
from triage.model import CodeDump, Hex

_MOST_BYTES = 64 << 10
"""The server dumps 10,000 bytes at the most (debug.c, dumpCodeAroundEIP)."""


def read_code(parts: Sequence[Part]) -> CodeDump | None:
    """The first code dump, or ``None``. The server writes its digits in chunks; a cut dump ends at half a byte."""
    for part in parts:
        if part.name != "code_dump":
            continue
        symbol = next((token for token in part.tokens if token.kind == "SYMBOL"), None)
        lines = [token for token in part.tokens if token.kind == "HEXDUMP"]
        base = Hex.read(symbol.fields["base"]) if symbol else None
        digits = "".join(line.text for line in lines)[: 2 * _MOST_BYTES]
        if symbol and base is not None and len(digits) >= 2:
            octets = bytes.fromhex(digits[: len(digits) // 2 * 2])
            return CodeDump(base, octets, symbol.fields["symbol"] or None, lines[0].line)
    return None

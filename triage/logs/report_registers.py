"""Registers of a report, in any of the layouts of the platforms."""

from collections.abc import Mapping, Sequence

from triage.logs.report_parts import Part
from triage.model import Hex
from triage.patterns import compiled

_PAIR = compiled(r"([A-Za-z]\w{0,12}) ?: ?([0-9a-f]{8,16})(?= |$)")


def read_registers(parts: Sequence[Part]) -> Mapping[str, Hex] | None:
    """Name to value as printed, of the first part that holds any: REGISTERS, or a stack if its marker is lost."""
    for part in parts:
        rows = [token.text for token in part.tokens if token.kind == "REGISTER_ROW"]
        registers = {name: Hex(int(value, 16)) for row in rows for name, value in _PAIR.findall(row)}
        if registers:
            return registers
    return None

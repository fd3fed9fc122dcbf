"""Disassembles the code that a report dumps, marks the failing instruction and says what it tried to do."""

from collections.abc import Sequence
from typing import Any

from triage.machine.architectures import architecture_of, decoder
from triage.machine.operands import memory_operands
from triage.machine.register_file import RegisterFile
from triage.model import Code, CodeDump, Hex, Incident, Instruction, MemoryOperand, Signal

BEFORE, AFTER = 14, 8
"""Instructions shown around the failing one."""
_KERNEL_SENT = 128


def explain_code(incident: Incident) -> Code | None:
    """The failing instruction among its neighbours; ``None`` without a dump, a known CPU or its position."""
    dump, stated = incident.code_dump, incident.registers or {}
    registers = RegisterFile(stated)
    at = program_counter(incident)
    architecture = architecture_of(incident.server.arch, stated)
    if dump is None or at is None or architecture is None:
        return None
    decoded = _decode(dump, architecture, at)
    place = next((index for index, found in enumerate(decoded) if found.address == at), None)
    if place is None:
        return None
    failing = decoded[place]
    operands = tuple(memory_operands(failing, registers))
    sent = incident.signal is not None and incident.signal.sent
    return Code(
        architecture=architecture,
        instructions=tuple(
            Instruction(Hex(found.address), f"{found.mnemonic} {found.op_str}".strip(), found is failing)
            for found in decoded[max(0, place - BEFORE) : place + AFTER + 1]
        ),
        function=dump.symbol,
        offset=Hex(at - dump.base),
        operands=operands,
        explanation=None if sent else _sentence(failing, operands, incident.signal),
        line=dump.line,
    )


def program_counter(incident: Incident) -> int | None:
    """Where the failing thread stood: its register, or the address that the report's first frame names."""
    at = RegisterFile(incident.registers or {}).program_counter
    if at is not None:
        return at
    crashed = next((thread for thread in incident.threads or () if thread.crashed), None)
    return crashed.frames[0].address if crashed and crashed.frames else None


def _decode(dump: CodeDump, architecture: str, at: int) -> Sequence[Any]:
    """The function from its start; from the failing instruction on, if data in between put it out of step."""
    machine = decoder(architecture)
    if machine is None or not 0 <= at - dump.base < len(dump.octets):
        return ()
    whole = list(machine.disasm(dump.octets, dump.base))
    if any(found.address == at for found in whole):
        return whole
    return list(machine.disasm(dump.octets[at - dump.base :], at))


def _sentence(failing: Any, operands: Sequence[MemoryOperand], signal: Signal | None) -> str | None:  # noqa: ANN401
    if not operands:
        return None
    blamed = _blamed(operands, signal)
    values = [f"{name} is {value}" for name, value in (blamed.registers or {}).items() if value is not None]
    unknown = [name for name, value in (blamed.registers or {}).items() if value is None]
    verb = {"read": "read", "write": "wrote", "read-write": "read and wrote"}[blamed.access]
    size = f" {blamed.size} {'byte' if blamed.size == 1 else 'bytes'}" if blamed.size else ""
    text = f"`{failing.mnemonic} {failing.op_str}` {verb}{size} at {blamed.text}"
    if blamed.address is not None:
        text += f", that is {blamed.address}"
    if values:
        text += f" ({', '.join(values)})"
    if unknown:
        text += f"; the report does not state {', '.join(unknown)}"
    return text + "."


def _blamed(operands: Sequence[MemoryOperand], signal: Signal | None) -> MemoryOperand:
    """The operand whose address is the fault's, else the first."""
    fault = signal.address if signal is not None and signal.code != _KERNEL_SENT else None
    return next((operand for operand in operands if fault is not None and operand.address == fault), operands[0])

"""The memory that an instruction reads, writes or jumps through, with the address it comes to."""

from collections.abc import Iterator
from typing import Any

from triage.machine.register_file import RegisterFile
from triage.model import Hex, MemoryOperand

_READ, _WRITE = 1, 2
"""capstone's CS_AC_READ and CS_AC_WRITE."""
_WORD = (1 << 64) - 1
_SEGMENTS = ("fs", "gs")


def memory_operands(instruction: Any, registers: RegisterFile) -> Iterator[MemoryOperand]:  # noqa: ANN401
    """The memory operands of a capstone instruction, explicit ones and the stack slot of a push, pop or return."""
    from capstone import CS_OP_MEM

    for operand in instruction.operands:
        if operand.type == CS_OP_MEM:
            yield _memory_operand(instruction, operand, registers)
    yield from _stack_slot(instruction, registers)


def _memory_operand(instruction: Any, operand: Any, registers: RegisterFile) -> MemoryOperand:  # noqa: ANN401
    memory = operand.mem
    scale = getattr(memory, "scale", 1) or 1
    segment = instruction.reg_name(memory.segment) if getattr(memory, "segment", 0) else None
    base = instruction.reg_name(memory.base) if memory.base else None
    index = instruction.reg_name(memory.index) if memory.index else None
    used = {name: _value(name, instruction, registers) for name in (base, index) if name}
    parts = [base] if base else []
    parts += [index if scale == 1 else f"{index}*{scale}"] if index else []
    text = " + ".join(parts)
    if memory.disp or not text:
        sign = "-" if memory.disp < 0 else "+"
        text = f"{text} {sign} {hex(abs(memory.disp))}" if text else hex(memory.disp)
    return MemoryOperand(
        text=f"{segment}:[{text}]" if segment else f"[{text}]",
        access=_access(operand),
        address=None if segment in _SEGMENTS else _sum(used, base, index, scale, memory.disp),
        size=getattr(operand, "size", None) or None,
        registers={name: Hex(value) if value is not None else None for name, value in used.items()} or None,
    )


def _sum(used: dict[str, int | None], base: str | None, index: str | None, scale: int, offset: int) -> Hex | None:
    parts = [(used.get(base) if base else 0, 1), (used.get(index) if index else 0, scale)]
    if any(value is None for value, _ in parts):
        return None
    return Hex((sum((value or 0) * times for value, times in parts) + offset) & _WORD)


def _value(name: str, instruction: Any, registers: RegisterFile) -> int | None:  # noqa: ANN401
    if name in ("rip", "eip"):
        return int(instruction.address + instruction.size)
    if name in ("xzr", "wzr"):
        return 0
    return registers.get(name)


def _access(operand: Any) -> str:  # noqa: ANN401
    reads, writes = bool(operand.access & _READ), bool(operand.access & _WRITE)
    if reads and writes:
        return "read-write"
    return "write" if writes else "read"


def _stack_slot(instruction: Any, registers: RegisterFile) -> Iterator[MemoryOperand]:  # noqa: ANN401
    """Where a push or call writes, a pop or return reads."""
    name = instruction.mnemonic
    top = registers.stack_pointer
    word = 8 if registers.get("rsp") is not None else 4
    if name.startswith(("push", "call")):
        yield MemoryOperand("[stack]", "write", Hex(top - word) if top else None, word)
    elif name.startswith("pop") or name in ("ret", "retq"):
        yield MemoryOperand("[stack]", "read", Hex(top) if top else None, word)

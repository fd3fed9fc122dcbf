"""Arguments of a call that the caller's code states as constants: ``serverAssert`` passes nothing else.

The instructions before the call are followed as far as they load constants and addresses into registers, so this
needs no debug information, and holds for every level of optimization.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from triage.machine.architectures import decoder
from triage.records import dataclass

MOST_BYTES = 64 << 10
"""From the begin of a function to a call in it."""
FOLLOWED = 24
"""Instructions before the call that are looked at."""


@dataclass(frozen=True, slots=True)
class CallingConvention:
    """The registers that hold the first integer arguments, by the names of the disassembler."""

    architecture: str
    arguments: tuple[str, ...]


CONVENTIONS: Mapping[str, CallingConvention] = {
    "x86-64": CallingConvention("x86_64", ("rdi", "rsi", "rdx", "rcx", "r8", "r9")),
    "aarch64": CallingConvention("aarch64", ("x0", "x1", "x2", "x3", "x4", "x5")),
}
"""System V ABI of x86-64, figure 3.4; AAPCS64, section 6.8."""

_WIDE = {f"e{name}": f"r{name}" for name in ("ax", "bx", "cx", "dx", "si", "di", "bp")}
_CALLS = frozenset(("call", "bl", "blr"))
_RETURNS = frozenset(("ret", "retq"))


def constant_arguments(code: bytes, start: int, convention: CallingConvention) -> tuple[int | None, ...]:
    """The arguments of the call at the end of ``code``, which begins at the address ``start`` with an instruction.

    ``None`` stands for those that are no constants.
    """
    machine = decoder(convention.architecture)
    if machine is None:
        return ()
    values: dict[str, int] = {}
    for instruction in list(machine.disasm(code, start))[-FOLLOWED - 1 : -1]:
        _follow(instruction, values)
    return tuple(values.get(name) for name in convention.arguments)


def loaded_constants(code: bytes, start: int, convention: CallingConvention) -> Iterator[int]:
    """All constants and addresses that a function at ``start`` loads, up to its first return."""
    machine = decoder(convention.architecture)
    values: dict[str, int] = {}
    for instruction in machine.disasm(code, start) if machine is not None else ():
        value = _follow(instruction, values)
        if value is not None:
            yield value
        if instruction.mnemonic in _RETURNS:
            return


def _follow(instruction: Any, values: dict[str, int]) -> int | None:  # noqa: ANN401 - capstone has no types
    """Bring ``values``, the registers that hold constants, up to date; the constant that was loaded, if one was."""
    if instruction.mnemonic in _CALLS:
        values.clear()
        return None
    value = _loaded(instruction, values)
    for number in instruction.regs_access()[1]:
        values.pop(_wide(instruction.reg_name(number)), None)
    if value is not None:
        values[_wide(instruction.reg_name(instruction.operands[0].reg))] = value
    return value


def _loaded(instruction: Any, values: Mapping[str, int]) -> int | None:  # noqa: ANN401 - capstone has no types
    """The constant that an instruction puts into its first operand, if it does."""
    import capstone

    operands, kind = instruction.operands, instruction.mnemonic
    if len(operands) < 2 or operands[0].type != capstone.CS_OP_REG:
        return None
    last, arm = operands[-1], instruction.reg_name(operands[0].reg)[0] in "wx"
    if kind in ("mov", "movz", "movabs", "adr", "adrp"):
        if last.type == capstone.CS_OP_IMM:
            return int(last.imm) << (last.shift.value if arm else 0)
        return values.get(_wide(instruction.reg_name(last.reg))) if last.type == capstone.CS_OP_REG else None
    if kind == "add" and arm and last.type == capstone.CS_OP_IMM:
        base = values.get(_wide(instruction.reg_name(operands[1].reg)))
        return None if base is None else base + (int(last.imm) << last.shift.value)
    if kind == "lea" and instruction.reg_name(last.mem.base) == "rip" and not last.mem.index:
        return int(instruction.address + instruction.size + last.mem.disp)
    if kind == "xor" and last.type == capstone.CS_OP_REG and last.reg == operands[0].reg:
        return 0
    return None


def _wide(name: str) -> str:
    """The 64-bit register that a register is part of."""
    if name[:1] == "w" and name[1:].isdigit():
        return f"x{name[1:]}"
    if name[:1] == "r" and name[-1:] in "dwb" and name[1:-1].isdigit():
        return name[:-1]
    return _WIDE.get(name, name)

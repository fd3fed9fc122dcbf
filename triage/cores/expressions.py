"""DWARF expressions as call frame information uses them (DWARF 5, section 2.5, without what describes types)."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Protocol

from elftools.dwarf.dwarf_expr import DWARFExprOp, DWARFExprParser
from elftools.dwarf.structs import DWARFStructs

from triage.cores.machine import WORD, Registers

MOST_STEPS = 1000
MOST_BYTES = 1024
_WRAP = (1 << 64) - 1
_SIGN = 1 << 63


class ExpressionError(Exception):
    """The expression cannot be evaluated: damaged, endless, or about something that the core does not hold."""


class Words(Protocol):
    """Memory, as far as expressions read it."""

    def read(self, address: int, size: int) -> bytes | None:
        """Exactly ``size`` bytes at ``address``, or ``None``."""
        ...


def evaluate(expression: Sequence[int], registers: Registers, memory: Words, initial: int | None = None) -> int:
    """The value of ``expression``, which starts with ``initial`` (the CFA) on its stack if that is given.

    Raises ``ExpressionError``.
    """
    if len(expression) > MOST_BYTES:
        raise ExpressionError(f"an expression of {len(expression)} bytes")
    code = bytes(expression)
    operations = _operations(code)
    places = {operation.offset: index for index, operation in enumerate(operations)} | {len(code): len(operations)}
    stack = [] if initial is None else [initial]
    index = 0
    try:
        for _ in range(MOST_STEPS):
            if index >= len(operations):
                return stack[-1]
            jump = _perform(operations[index], stack, registers, memory)
            index = index + 1 if jump is None else places[jump]
    except (IndexError, KeyError, ZeroDivisionError) as error:
        raise ExpressionError(f"a damaged expression ({error})") from error
    raise ExpressionError("an expression without end")


@lru_cache(maxsize=1024)
def _operations(code: bytes) -> tuple[DWARFExprOp, ...]:
    try:
        return tuple(_parser().parse_expr(code))
    except Exception as error:  # pyelftools lets out whatever damaged bytes provoke inside it
        raise ExpressionError("an expression that cannot be decoded") from error


@cache
def _parser() -> DWARFExprParser:
    return DWARFExprParser(DWARFStructs(little_endian=True, dwarf_format=32, address_size=WORD))


def _signed(value: int) -> int:
    return value - (1 << 64) if value & _SIGN else value


_BINARY: dict[str, Callable[[int, int], int]] = {
    "plus": lambda left, right: left + right,
    "minus": lambda left, right: left - right,
    "mul": lambda left, right: left * right,
    "div": lambda left, right: abs(_signed(left)) // abs(_signed(right)) * (1 if (left ^ right) < _SIGN else -1),
    "mod": lambda left, right: left % right,
    "and": lambda left, right: left & right,
    "or": lambda left, right: left | right,
    "xor": lambda left, right: left ^ right,
    "shl": lambda left, right: left << right if right < 64 else 0,
    "shr": lambda left, right: left >> right if right < 64 else 0,
    "shra": lambda left, right: _signed(left) >> min(right, 63),
    "eq": lambda left, right: int(left == right),
    "ne": lambda left, right: int(left != right),
    "ge": lambda left, right: int(_signed(left) >= _signed(right)),
    "gt": lambda left, right: int(_signed(left) > _signed(right)),
    "le": lambda left, right: int(_signed(left) <= _signed(right)),
    "lt": lambda left, right: int(_signed(left) < _signed(right)),
}
_UNARY: dict[str, Callable[[int], int]] = {
    "abs": lambda value: abs(_signed(value)),
    "neg": lambda value: -value,
    "not": lambda value: ~value,
}
_LITERALS = frozenset(("addr", "constu", "consts", *(f"const{size}{sign}" for size in (1, 2, 4, 8) for sign in "us")))


def _perform(operation: DWARFExprOp, stack: list[int], registers: Registers, memory: Words) -> int | None:
    """Carry out one operation; the offset to go on at, if it is not the next one."""
    name, arguments = operation.op_name.removeprefix("DW_OP_"), operation.args
    if name in _BINARY:
        right, left = stack.pop(), stack.pop()
        stack.append(_BINARY[name](left, right) & _WRAP)
    elif name in _UNARY:
        stack.append(_UNARY[name](stack.pop()) & _WRAP)
    elif name in _LITERALS:
        stack.append(arguments[0] & _WRAP)
    elif name.startswith("lit"):
        stack.append(int(name[3:]))
    elif name.startswith("breg"):
        number, offset = (arguments[0], arguments[1]) if name == "bregx" else (int(name[4:]), arguments[0])
        stack.append(registers[number] + offset & _WRAP)
    elif name == "plus_uconst":
        stack.append(stack.pop() + arguments[0] & _WRAP)
    elif name.startswith("deref"):
        stack.append(_read(memory, stack.pop(), WORD if name == "deref" else arguments[0]))
    elif name in ("bra", "skip"):
        # The argument counts from the end of the operation, which takes three bytes.
        return operation.offset + 3 + arguments[0] if name == "skip" or stack.pop() else None
    elif name != "nop":
        _shuffle(name, stack, arguments)
    return None


def _shuffle(name: str, stack: list[int], arguments: Sequence[int]) -> None:
    """The operations that only move what is on the stack."""
    if name == "dup":
        stack.append(stack[-1])
    elif name == "drop":
        stack.pop()
    elif name == "over":
        stack.append(stack[-2])
    elif name == "pick":
        stack.append(stack[-1 - arguments[0]])
    elif name == "swap":
        stack[-1], stack[-2] = stack[-2], stack[-1]
    elif name == "rot":
        stack[-3:] = [stack[-1], *stack[-3:-1]]
    else:
        raise ExpressionError(f"DW_OP_{name} has no place in call frame information")


def _read(memory: Words, address: int, size: int) -> int:
    raw = memory.read(address, size) if 0 < size <= WORD else None
    if raw is None:
        raise ExpressionError(f"the memory at {address:#x} is not in the core")
    return int.from_bytes(raw, "little")

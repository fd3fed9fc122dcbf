"""A caller's registers by call frame information."""

from collections.abc import Mapping

from elftools.dwarf.callframe import RegisterRule

from triage.cores.cfi_entries import CfiError, FrameRules
from triage.cores.cfi_tables import CfiTables
from triage.cores.expressions import ExpressionError, evaluate
from triage.cores.machine import Machine, Registers
from triage.cores.memory import Memory
from triage.records import dataclass

_WRAP = (1 << 64) - 1


class Outermost(Exception):  # noqa: N818 - no error: the end that a walk hopes for
    """The table says that this function has no caller, or the return address is 0."""


@dataclass(frozen=True, slots=True)
class CfiFrame:
    """The CFA of a frame, and its caller's registers."""

    cfa: int
    registers: Mapping[int, int]


class CfiCaller:
    """Applies the tables to registers. ``code_mask`` takes authentication codes off return addresses."""

    def __init__(self, machine: Machine, memory: Memory, tables: CfiTables, code_mask: int) -> None:
        self._machine = machine
        self._memory = memory
        self._tables = tables
        self._code_mask = code_mask

    def caller(self, registers: Registers, lookup: int) -> CfiFrame | None:
        """The caller's registers; ``None`` if there is no table for it, or it is damaged or cannot be applied.

        Raises ``Outermost`` where there is no caller.
        """
        try:
            rules = self._tables.rules_at(lookup)
            return None if rules is None else self._apply(rules, registers)
        except (CfiError, ExpressionError):
            return None

    def _apply(self, rules: FrameRules, registers: Registers) -> CfiFrame | None:
        machine, returns = self._machine, rules.return_register
        rule = rules.registers.get(returns)
        if rule is not None and rule.type == RegisterRule.UNDEFINED:
            raise Outermost
        cfa = self._cfa(rules, registers)
        if cfa is None:
            return None
        caller = {number: registers[number] for number in machine.saved if number in registers}
        caller[machine.sp] = cfa
        for number, rule in rules.registers.items():
            value = self._restored(rule, number, registers, cfa)
            if value is None:
                caller.pop(number, None)
            else:
                caller[number] = value
        # A register without a rule is as it was, so a leaf function of arm64 returns to what its caller put there.
        target = caller.pop(returns, None) if returns in rules.registers else registers.get(returns)
        if target is None:
            return None
        if target == 0:
            raise Outermost
        caller[machine.pc] = target & self._code_mask
        return CfiFrame(cfa, caller)

    def _cfa(self, rules: FrameRules, registers: Registers) -> int | None:
        rule = rules.cfa
        if rule.expr is not None:
            return evaluate(rule.expr, registers, self._memory)
        if rule.reg is None or rule.reg not in registers:
            return None
        return registers[rule.reg] + (rule.offset or 0) & _WRAP

    def _restored(self, rule: RegisterRule, number: int, registers: Registers, cfa: int) -> int | None:
        """The value that a register had in the caller; ``None`` if it is lost."""
        kind, argument = rule.type, rule.arg
        if kind == RegisterRule.SAME_VALUE:
            return registers.get(number)
        if isinstance(argument, int):
            if kind == RegisterRule.OFFSET:
                return self._memory.word(cfa + argument & _WRAP)
            if kind == RegisterRule.VAL_OFFSET:
                return cfa + argument & _WRAP
            return registers.get(argument) if kind == RegisterRule.REGISTER else None
        if argument is None:
            return None
        value = evaluate(argument, registers, self._memory, cfa)
        return self._memory.word(value) if kind == RegisterRule.EXPRESSION else value

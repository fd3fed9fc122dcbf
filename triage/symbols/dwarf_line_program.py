"""Line programs of .debug_line (DWARF 2 to 5), run all at once with numpy.

A line program is a long run of short instructions. A regular expression cuts it into instructions, and numpy adds
up what they do to address and line: several times faster than a loop over them.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_COPY, _ADVANCE_PC, _ADVANCE_LINE, _SET_FILE, _NEGATE_STMT, _CONST_ADD_PC, _FIXED_ADVANCE_PC = 1, 2, 3, 4, 6, 8, 9
_EXTENDED, _END_SEQUENCE, _SET_ADDRESS = 0, 1, 2
_LEB128 = rb"[\x80-\xff]{0,9}[\x00-\x7f]"


@dataclass(frozen=True, slots=True)
class Parameters:
    """How the header of a program says that its instructions are to be read."""

    instruction_length: int
    default_is_stmt: bool
    line_base: int
    line_range: int
    opcode_base: int
    operands: bytes


@dataclass(frozen=True, slots=True)
class LineTable:
    """The rows of a line program in order of their addresses; ``ends`` marks those that only end a run of code.

    Of rows with equal addresses the last in the program comes last, but what ends a run before what begins there.
    """

    addresses: Numbers
    files: Numbers
    lines: Numbers
    ends: Flags
    statement: Flags

    def at(self, address: int) -> tuple[int, int] | None:
        """File number and line of the instruction at ``address``; ``None`` if the table does not cover it."""
        row = int(np.searchsorted(self.addresses, address, side="right")) - 1
        if row < 0 or self.ends[row]:
            return None
        best = self._statement_at(row)
        return int(self.files[best]), int(self.lines[best])

    def _statement_at(self, row: int) -> int:
        """Among the rows of one address, the last that begins a statement speaks for it, as gdb has it."""
        best = row
        while not self.statement[best]:
            if best == 0 or self.addresses[best - 1] != self.addresses[row]:
                return row
            best -= 1
        return best


def run(program: bytes, parameters: Parameters) -> LineTable:
    """The rows that a line program makes. Raises ``ValueError`` if it is damaged."""
    if not parameters.line_range or not parameters.opcode_base:
        raise ValueError("impossible parameters of a line program")
    lengths = np.fromiter(
        map(len, _instruction(parameters.opcode_base, parameters.operands).findall(program)), np.int64
    )
    starts = np.cumsum(lengths) - lengths
    if int(lengths.sum()) != len(program):
        raise ValueError("an instruction of a line program that does not exist")
    return _Run(np.frombuffer(program, np.uint8), starts, lengths, parameters).table()


@cache
def _instruction(opcode_base: int, operands: bytes) -> "re.Pattern[bytes]":
    """Matches one instruction: a special one (one byte), a standard one with its operands, or an extended one."""
    standard = [
        rb"\x%02x%s" % (code, b".." if code == _FIXED_ADVANCE_PC else _LEB128 * operands[code - 1])
        for code in range(1, opcode_base)
    ]
    extended = b"|".join(rb"\x%02x.{%d}" % (size, size) for size in range(1, 128))
    special = [rb"[\x%02x-\xff]" % opcode_base] if opcode_base <= 255 else []
    return re.compile(b"|".join([*special, *standard, rb"\x00(?:" + extended + b")"]), re.DOTALL)


class _Run:
    """The instructions of a program side by side; arrays have one element for each."""

    def __init__(self, program: NDArray[np.uint8], starts: Numbers, lengths: Numbers, parameters: Parameters) -> None:
        self._program, self._starts, self._lengths, self._parameters = program, starts, lengths, parameters
        self._codes = program[starts].astype(np.int64)
        self._special = self._codes >= parameters.opcode_base
        extended = np.flatnonzero(self._codes == _EXTENDED)
        kinds = program[starts[extended] + 2]
        self._ends = extended[kinds == _END_SEQUENCE]
        self._addresses_set = extended[(kinds == _SET_ADDRESS) & (lengths[extended] == 11)]

    def table(self) -> LineTable:
        """The rows, sorted, without those of code that the linker threw away."""
        ends = np.zeros(len(self._codes), np.bool_)
        ends[self._ends] = True
        rows = np.flatnonzero(self._special | self._is(_COPY) | ends)
        ends = ends[rows]
        addresses, statement = self._addresses()[rows], self._statements()[rows]
        lines = 1 + _from_resets(self._line_steps(), self._ends + 1, np.zeros(len(self._ends), np.int64))[rows]
        # Line 0 is code of no line: what came before goes on, as gdb has it.
        kept = np.flatnonzero(_of_real_code(addresses, ends) & (ends | (lines != 0)))
        order = kept[np.lexsort((~ends[kept], addresses[kept]))]
        return LineTable(addresses[order], self._files(rows)[order], lines[order], ends[order], statement[order])

    def _is(self, code: int) -> Flags:
        """Where the standard instruction ``code`` stands; a small opcode base makes it a special one."""
        found: Flags = (self._codes == code) & ~self._special
        return found

    def _addresses(self) -> Numbers:
        steps, unit = np.zeros(len(self._codes), np.int64), self._parameters.instruction_length
        adjusted = self._codes - self._parameters.opcode_base
        steps[self._special] = adjusted[self._special] // self._parameters.line_range * unit
        advances = np.flatnonzero(self._is(_ADVANCE_PC))
        steps[advances] = self._operands(advances) * unit
        constant = (255 - self._parameters.opcode_base) // self._parameters.line_range * unit
        steps[self._is(_CONST_ADD_PC)] = constant
        fixed = np.flatnonzero(self._is(_FIXED_ADVANCE_PC))
        at = self._starts[fixed]
        steps[fixed] = self._program[at + 1].astype(np.int64) | self._program[at + 2].astype(np.int64) << 8
        places = np.concatenate((self._ends + 1, self._addresses_set))
        values = np.concatenate((np.zeros(len(self._ends), np.int64), self._set_addresses()))
        order = np.argsort(places, kind="stable")
        return _from_resets(steps, places[order], values[order])

    def _set_addresses(self) -> Numbers:
        """The operands of DW_LNE_set_address: 8 bytes behind a zero, the length and the opcode."""
        at = self._starts[self._addresses_set][:, None] + np.arange(3, 11)
        return np.ascontiguousarray(self._program[at]).view("<i8").reshape(-1).astype(np.int64)

    def _line_steps(self) -> Numbers:
        steps = np.zeros(len(self._codes), np.int64)
        adjusted = self._codes - self._parameters.opcode_base
        steps[self._special] = self._parameters.line_base + adjusted[self._special] % self._parameters.line_range
        advances = np.flatnonzero(self._is(_ADVANCE_LINE))
        steps[advances] = self._operands(advances, signed=True)
        return steps

    def _files(self, rows: Numbers) -> Numbers:
        sets = np.flatnonzero(self._is(_SET_FILE))
        places = np.concatenate((np.array([0]), self._ends + 1, sets))
        values = np.concatenate((np.ones(len(self._ends) + 1, np.int64), self._operands(sets)))
        order = np.argsort(places, kind="stable")
        found: Numbers = values[order][np.searchsorted(places[order], rows, side="right") - 1]
        return found

    def _statements(self) -> Flags:
        toggles = self._is(_NEGATE_STMT).astype(np.int64)
        turned = _from_resets(toggles, self._ends + 1, np.zeros(len(self._ends), np.int64))
        found: Flags = (turned & 1).astype(np.bool_) ^ self._parameters.default_is_stmt
        return found

    def _operands(self, which: Numbers, signed: bool = False) -> Numbers:
        """The LEB128 operand of each of the instructions ``which``."""
        widths, value = self._lengths[which] - 1, np.zeros(len(which), np.int64)
        for place in range(int(widths.max(initial=0))):
            has = widths > place
            value[has] |= (self._program[self._starts[which[has]] + 1 + place].astype(np.int64) & 0x7F) << 7 * place
        if signed:
            bits = np.minimum(7 * widths, 63)
            value = np.where(value >> bits - 1 & 1, value - (np.int64(1) << bits), value)
        return value


def _from_resets(steps: Numbers, places: Numbers, values: Numbers) -> Numbers:
    """The running sum of ``steps``, set anew to ``values`` before the instructions at the (sorted) ``places``."""
    total = np.cumsum(steps)
    before = np.concatenate((np.zeros(1, np.int64), total))[places]
    offsets = np.concatenate((np.zeros(1, np.int64), values - before))
    found: Numbers = total + offsets[np.searchsorted(places, np.arange(len(steps)), side="right")]
    return found


def _of_real_code(addresses: Numbers, ends: Flags) -> Flags:
    """Without rows that cover nothing, and without runs at address 0: code that the linker left out."""
    closing = np.flatnonzero(ends)
    if not len(closing):
        return np.zeros(len(ends), np.bool_)
    opening = np.concatenate((np.zeros(1, np.int64), closing[:-1] + 1))
    of_run: Numbers = np.cumsum(ends) - ends
    complete = of_run < len(closing)
    of_run = np.minimum(of_run, len(closing) - 1)
    covers = ends | (addresses < addresses[closing][of_run])
    kept: Flags = complete & covers & (addresses[opening][of_run] != 0)
    return kept

"""Line programs of .debug_line (DWARF 2 to 5).

A line program is a long run of short instructions. A regular expression cuts it into instructions; most of them are
special opcodes, whose steps are looked up. For the few units of a stack this takes less time than loading numpy.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from operator import itemgetter

from triage.records import dataclass
from triage.symbols.leb128 import sleb, uleb

_EXTENDED, _COPY, _ADVANCE_PC, _ADVANCE_LINE, _SET_FILE, _SET_COLUMN, _NEGATE_STMT = range(7)
_CONST_ADD_PC, _FIXED_ADVANCE_PC = 8, 9
_END_SEQUENCE, _SET_ADDRESS = 1, 2
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


Row = tuple[int, bool, int, int, bool]
"""A row of the table: its address, whether code goes on there (else a run of code is over), file number, line, and
whether a statement begins. Plain tuples, for a unit can have hundreds of thousands of them."""


class LineTable:
    """The rows of a line program in order of their addresses.

    Of rows with equal addresses the last in the program comes last, but what ends a run before what begins there.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = sorted(rows, key=itemgetter(0, 1))
        self._addresses = [row[0] for row in self._rows]

    def at(self, address: int) -> tuple[int, int] | None:
        """File number and line of the instruction at ``address``; ``None`` if the table does not cover it."""
        index = bisect_right(self._addresses, address) - 1
        if index < 0 or not self._rows[index][1]:
            return None
        _, _, file, line, _ = self._statement_at(index)
        return file, line

    def _statement_at(self, index: int) -> Row:
        """Among the rows of one address, the last that begins a statement speaks for it, as gdb has it."""
        for at in range(index, -1, -1):
            if self._addresses[at] != self._addresses[index]:
                break
            *_, statement = row = self._rows[at]
            if statement:
                return row
        return self._rows[index]


def run(program: bytes, parameters: Parameters) -> LineTable:
    """The rows that a line program makes. Raises ``ValueError`` or ``IndexError`` if it is damaged."""
    if not parameters.line_range or not parameters.opcode_base:
        raise ValueError("impossible parameters of a line program")
    instructions = _instruction(parameters.opcode_base, parameters.operands).findall(program)
    if sum(map(len, instructions)) != len(program):
        raise ValueError("an instruction of a line program that does not exist")
    return LineTable([row for rows in _runs(instructions, parameters) for row in _of_real_code(rows)])


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


def _runs(instructions: Sequence[bytes], parameters: Parameters) -> Iterator[list[Row]]:
    """The rows of each run of code that has an end, which is the last of them."""
    base, unit, steps = parameters.opcode_base, parameters.instruction_length, _special_steps(parameters)
    constant, _ = _special_step(255, parameters)
    rows: list[Row] = []
    address, file, line, statement = 0, 1, 1, parameters.default_is_stmt
    for instruction in instructions:
        code = instruction[0]
        if code >= base:
            advance, step = steps[code]
            address, line = address + advance, line + step
            rows.append((address, True, file, line, statement))
        elif code == _SET_COLUMN:
            # The most frequent of the others.
            continue
        elif code == _NEGATE_STMT:
            statement = not statement
        elif code == _COPY:
            rows.append((address, True, file, line, statement))
        elif code == _ADVANCE_LINE:
            line += sleb(instruction, 1)[0]
        elif code == _SET_FILE:
            file = uleb(instruction, 1)[0]
        elif code == _ADVANCE_PC:
            address += uleb(instruction, 1)[0] * unit
        elif code == _CONST_ADD_PC:
            address += constant
        elif code == _FIXED_ADVANCE_PC:
            address += int.from_bytes(instruction[1:], "little")
        elif code == _EXTENDED and instruction[2] == _END_SEQUENCE:
            yield [*rows, (address, False, file, line, statement)]
            rows = []
            address, file, line, statement = 0, 1, 1, parameters.default_is_stmt
        elif code == _EXTENDED and instruction[2] == _SET_ADDRESS and len(instruction) == 11:
            address = int.from_bytes(instruction[3:], "little")


def _special_steps(parameters: Parameters) -> list[tuple[int, int]]:
    """What each special opcode adds to address and line; the numbers below the first of them stand for nothing."""
    return [_special_step(code, parameters) for code in range(256)]


def _special_step(code: int, parameters: Parameters) -> tuple[int, int]:
    advance, step = divmod(code - parameters.opcode_base, parameters.line_range)
    return advance * parameters.instruction_length, parameters.line_base + step


def _of_real_code(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of a run without those that cover nothing; none of a run at address 0, which the linker left out."""
    (first, *_), (end, *_) = rows[0], rows[-1]
    # Line 0 is code of no line: what came before goes on, as gdb has it.
    return [*(row for row in rows[:-1] if row[0] < end and row[3]), rows[-1]] if first else ()

"""No terminal of the log grammars takes more than linear time, on lines that are built to hurt it.

A line repeats what the terminal itself is made of. At these lengths quadratic matching would take seconds of
processor time and a linear one less than a millisecond, so the bound between them does not depend on the machine.
"""

import re
import time

import pytest

from triage.logs.scan_literals import literals
from triage.terminals import terminals

GRAMMARS = ("report", "anchors", "notable", "floods", "log_line", "logo")
UNITS = (
    " ",
    "a",
    "0",
    "(",
    ")",
    "'",
    '"',
    ":",
    "=",
    ".",
    "- ",
    "(+0x1) ",
    "[0x0",
    "# ",
    "a=b ",
    "x:y ",
    "it' is not true",
)
SHORT, LONG = 1_000, 60_000
MOST_SECONDS = 0.25
_LITERAL = re.compile(r"[A-Za-z][A-Za-z ,:']{3,}")


def hostile_lines(expression: str, length: int) -> list[str]:
    heads = ["", *(head.decode(errors="replace") for head in sorted(literals(expression).heads)[:4])]
    plain = re.sub(r"\(\?P<\w+>|\\.", " ", expression)
    units = dict.fromkeys([*UNITS, *_LITERAL.findall(plain)[:6]])
    return [f"{head}{unit * (length // len(unit))}\x01" for head in heads for unit in units]


CASES = [(grammar, name) for grammar in GRAMMARS for name in terminals(grammar)]


def slow_line(expression: str) -> str | None:
    """The beginning of a line on which matching takes too long."""
    pattern = re.compile(expression, re.DOTALL)
    for length in (SHORT, LONG):
        for line in hostile_lines(expression, length):
            began = time.process_time()
            pattern.fullmatch(line)
            if time.process_time() - began > MOST_SECONDS:
                return line[:80]
    return None


@pytest.mark.parametrize(("grammar", "name"), CASES)
def test_a_terminal_takes_linear_time(grammar: str, name: str) -> None:
    assert slow_line(terminals(grammar)[name]) is None


def test_a_pattern_of_quadratic_work_is_noticed() -> None:
    assert slow_line(r".*a.*!") is not None

"""The tables that Lark makes, run line by line, give the trees that Lark gives."""

import random
import re
from collections.abc import Iterator
from functools import cache

import pytest
from lark import Lark, Token, Tree
from lark.lexer import Lexer
from report_cases import FIXTURES, raw_lines

from triage.line_parser import LineToken, Node, line_parser
from triage.logs.report_lines import read_lines
from triage.model import RawLine
from triage.resources import resource_dir

CASES = sorted(path.parent.name for path in FIXTURES.glob("*/server.log"))


class Lines(Lexer):
    """Gives Lark's own parser a token a line: of the terminals that it accepts the first that knows the line."""

    __future_interface__ = True

    def __init__(self, conf) -> None:
        ranked = sorted(conf.terminals, key=lambda terminal: (-terminal.priority, terminal.name))
        self.patterns = {each.name: re.compile(each.pattern.to_regexp(), re.DOTALL) for each in ranked}

    def lex(self, lexer_state, parser_state) -> Iterator[Token]:
        for raw in getattr(lexer_state.text, "text", lexer_state.text):
            accepted = parser_state.parse_conf.parse_table.states[parser_state.position]
            known = (
                name for name, pattern in self.patterns.items() if name in accepted and pattern.fullmatch(raw.text)
            )
            yield Token(next(known), raw.text, line=raw.line)


@cache
def lark() -> Lark:
    folder = resource_dir("grammars")
    return Lark.open(str(folder / "report.lark"), parser="lalr", lexer=Lines, import_paths=[str(folder)])


def shape(node: Tree | Token | Node | LineToken):
    """A tree of either as tuples; of a token its terminal, line and text."""
    if isinstance(node, Token):
        return node.type.rpartition("__")[2], node.line, str(node)
    if isinstance(node, LineToken):
        return node.kind, node.line, node.text
    name = node.rule if isinstance(node, Node) else str(node.data)
    return name, [shape(child) for child in node.children]


def assert_alike(lines: list[RawLine]) -> None:
    assert shape(line_parser("report").parse(lines)) == shape(lark().parse(lines))


@pytest.mark.parametrize("case", CASES)
def test_a_real_log_is_parsed_as_lark_parses_it(case: str) -> None:
    assert_alike([RawLine(line.line, line.text) for line in read_lines(raw_lines(case))][:3000])


@pytest.mark.parametrize("seed", range(5))
def test_lines_of_a_report_in_any_order_are_parsed_as_lark_parses_them(seed: int) -> None:
    lines = [RawLine(line.line, line.text) for line in read_lines(raw_lines("lab2-10-v912-segfault-tls-cluster"))]
    random.Random(seed).shuffle(lines)
    assert_alike(lines)


@pytest.mark.parametrize("lines", [[], ["------ REGISTERS ------"], [""], ["anything"]], ids=str)
def test_little_is_parsed_as_lark_parses_it(lines: list[str]) -> None:
    assert_alike([RawLine(number, text) for number, text in enumerate(lines, 1)])


def test_fields_are_the_named_groups_that_took_part() -> None:
    start = "=== VALKEY BUG REPORT START: Cut & paste starting from here ==="
    (head,) = line_parser("report").parse([RawLine(7, start)]).children
    assert isinstance(head, Node)
    assert head.children == [LineToken("START_MARK", 7, start, {"brand": "VALKEY"})]

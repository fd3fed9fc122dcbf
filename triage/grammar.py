"""Has Lark read the grammars: their terminals, and the LALR tables by which their lines are parsed.

In the ``.lark`` files every terminal is one whole physical line (or a named part that such terminals are built of),
with named groups for the values. What Lark makes of them is kept on the user's disk, see ``terminals`` and
``line_parser``; a run with a warm cache does without Lark.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from lark import Lark, Token
from lark.lexer import Lexer

from triage.resources import resource_dir

_END = "$END"


class _OneTokenALine(Lexer):
    """Keeps Lark from making a lexer of characters, which could not recover inside a torn line."""

    __future_interface__ = True

    def __init__(self, conf: Any) -> None:
        """Nothing is prepared: ``line_parser`` lexes."""

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        """Lark itself parses nothing here."""
        raise NotImplementedError


@cache
def load(name: str) -> Lark:
    """What Lark makes of ``grammars/<name>.lark``."""
    folder = resource_dir("grammars")
    return Lark.open(
        str(folder / f"{name}.lark"), parser="lalr", lexer=_OneTokenALine, import_paths=[str(folder)], cache=False
    )


def terminals_of(name: str) -> dict[str, str]:
    """Regular expression of each terminal by its name."""
    return {terminal.name: terminal.pattern.to_regexp() for terminal in load(name).terminals}


def tables_of(name: str) -> dict[str, Any]:
    """The LALR tables of a grammar as JSON, in the form that ``line_parser.LineParser`` runs.

    ``terminals`` are (name, expression), the first to be tried first; ``rules`` are (name, number of symbols). A
    state is the number of a rule, where only that can be reduced, or has its ``actions`` by terminal, in the order of
    the terminals, its ``end``, the rule to reduce at the end of the input, and ``next``, the states behind a rule by
    its name. An action is the state to shift to, or ``~rule``.
    """
    parser = load(name)
    table = parser.parse_interactive("").parser_state.parse_conf.parse_table
    ranked = sorted(parser.terminals, key=lambda terminal: (-terminal.priority, terminal.name))
    ranks = {terminal.name: rank for rank, terminal in enumerate(ranked)}
    rules = {rule: number for number, rule in enumerate(parser.rules)}
    (start,), (end,) = table.start_states.values(), table.end_states.values()
    return {
        "terminals": [(terminal.name.rpartition("__")[2], terminal.pattern.to_regexp()) for terminal in ranked],
        "rules": [(str(rule.origin.name), len(rule.expansion)) for rule in rules],
        "states": [_state(table.states[number], ranks, rules) for number in range(len(table.states))],
        "start": start,
        "end": end,
    }


def _state(actions: dict[str, tuple[Any, Any]], ranks: dict[str, int], rules: dict[Any, int]) -> int | dict[str, Any]:
    shifts = {symbol: to for symbol, (_, to) in actions.items() if isinstance(to, int)}
    reduced = {symbol: rules[rule] for symbol, (_, rule) in actions.items() if symbol not in shifts}
    if reduced and not shifts and len(set(reduced.values())) == 1:
        return next(iter(reduced.values()))
    by_rank = [(ranks[symbol], shifts.get(symbol, ~reduced.get(symbol, 0))) for symbol in actions if symbol in ranks]
    return {
        "actions": sorted(by_rank),
        "end": reduced.get(_END),
        "next": {symbol: to for symbol, to in shifts.items() if symbol not in ranks},
    }

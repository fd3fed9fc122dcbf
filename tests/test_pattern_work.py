"""No regular expression takes more than linear time, on lines that are built to hurt it.

At the length of these lines quadratic matching takes seconds of processor time and a linear one a millisecond, so the
bound between them does not depend on the machine. A timer stops what is worse.
"""

import ast
import pkgutil
import re
import signal
import time
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pumped_lines import pumped_lines

import triage
from triage.terminals import terminals

FOLDER = Path(__file__).parent.parent / "grammars"
LENGTH = 30_000
MOST_SECONDS = 0.3
GRAMMARS = sorted(
    path.stem for path in FOLDER.glob("*.lark") if re.search(r"^start:", path.read_text(), re.MULTILINE)
)
"""Those without a start are parts of the others."""
ANYWHERE = frozenset({"search", "sub", "subn", "finditer", "findall", "split"})
STARTED = frozenset({"match", "fullmatch"})
"""What a pattern's methods are called: those that try it at every place of a text, and those that try it at one."""

needs_timers = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs the timers of POSIX")
Case = tuple[str, "re.Pattern[str] | re.Pattern[bytes]", frozenset[str]]


class TooLongError(Exception):
    """Matching was stopped."""


def slow_line(pattern: "re.Pattern[str] | re.Pattern[bytes]", methods: Iterable[str]) -> str | None:
    """The beginning of a line on which the pattern takes too long."""
    for method in methods:
        for line in pumped_lines(pattern.pattern, pattern.flags & ~re.UNICODE, LENGTH):
            given = line.encode("latin-1") if isinstance(pattern.pattern, bytes) else line
            if seconds(pattern, method, given) > MOST_SECONDS:
                return line[:80]
    return None


def seconds(pattern: "re.Pattern[str] | re.Pattern[bytes]", method: str, line: str | bytes) -> float:
    """Processor time of one trial; it is stopped where it is too long for certain."""
    began = time.process_time()
    former = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 4 * MOST_SECONDS)
    try:
        getattr(pattern, method)(*([line[:0], line] if method.startswith("sub") else [line]))
    except TooLongError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)
    return time.process_time() - began


def stop(*_: object) -> None:
    raise TooLongError


def compiled() -> Iterator[Case]:
    """Every pattern that a module of the package keeps, with the methods that the module calls."""
    for module in pkgutil.walk_packages(triage.__path__, "triage."):
        loaded = import_module(module.name)
        if not str(loaded.__file__).endswith(".py"):
            continue
        uses = methods_by_name(Path(str(loaded.__file__)).read_text(encoding="utf-8"))
        for name, value in vars(loaded).items():
            for number, pattern in enumerate(patterns_in(value)):
                used = uses.get(name, set()) if isinstance(value, re.Pattern) else set()
                yield f"{module.name}.{name}.{number}", pattern, frozenset(used & (ANYWHERE | STARTED)) or STARTED


def methods_by_name(source: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return found


def patterns_in(value: object) -> Iterator["re.Pattern[str] | re.Pattern[bytes]"]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | frozenset):
        for part in value:
            yield from patterns_in(part)
    elif isinstance(value, dict):
        yield from patterns_in(list(value.values()))


# A pattern that is used elsewhere, or from within a table, is at least tried from the beginning of a text.
CODE = {name: (pattern, methods & ANYWHERE or STARTED) for name, pattern, methods in compiled()}
TERMINALS = [(grammar, name) for grammar in GRAMMARS for name in terminals(grammar)]


@needs_timers
@pytest.mark.parametrize(("grammar", "name"), TERMINALS)
def test_a_terminal_takes_linear_time(grammar: str, name: str) -> None:
    assert slow_line(re.compile(terminals(grammar)[name], re.DOTALL), ["fullmatch"]) is None


@needs_timers
@pytest.mark.parametrize("name", [name for name in terminals("wrappers") if not name.startswith("_")])
def test_a_wrapper_is_taken_off_in_linear_time(name: str) -> None:
    expression = terminals("wrappers")[name].encode()
    assert slow_line(re.compile(b"\n(?:" + expression + b")"), ["search"]) is None


@needs_timers
@pytest.mark.parametrize("name", CODE)
def test_a_pattern_of_the_code_takes_linear_time(name: str) -> None:
    pattern, methods = CODE[name]
    assert slow_line(pattern, sorted(methods)) is None


@needs_timers
@pytest.mark.parametrize(
    "expression",
    [r".*a.*!", r"(?:a+)+b", r"x(?:a|a)*b", r"\w+\d+x", r"BUG\s+[a-z]*[a-m]*!", rb"[ \t]*\s*(?:\w|\d)*;"],
)
def test_a_pattern_of_more_work_is_noticed(expression: str | bytes) -> None:
    assert slow_line(re.compile(expression), ["fullmatch"]) is not None


@needs_timers
def test_work_that_only_searching_makes_is_noticed() -> None:
    pattern = re.compile(r"[a-z-]+_\d")
    assert slow_line(pattern, ["fullmatch"]) is None
    assert slow_line(pattern, ["search"]) is not None

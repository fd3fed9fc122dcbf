"""Which of many regular expressions a text has a chance with.

A text can hold what an expression matches only if it holds the expression's fixed parts. So those of all expressions
are looked for in one pass over the text, and only expressions whose parts were found are tried, compiled when they
are needed first: of dozens a text mostly holds none.
"""

import re
from collections.abc import Iterator, Sequence

from ahocorasick_rs import AhoCorasick

from triage.logs.regex_columns import expand
from triage.logs.scan_literals import fixed_runs
from triage.patterns import compiled
from triage.terminals import kept

_EVERYWHERE = frozenset(" :-.,=/'\"()0123456789")
"""Characters that stand in so many lines that one of them alone tells nothing."""


class Expressions:
    """Regular expressions (``re`` syntax) that are tried where they have a chance.

    What is looked for is worked out once and kept on the user's disk under ``name``.
    """

    def __init__(self, name: str, expressions: Sequence[str], flags: "re.RegexFlag" = re.NOFLAG) -> None:
        needles: list[list[str]] = kept(
            f"needles-{name}", lambda: [needles_of(expression) for expression in expressions], expressions
        )
        pairs = [(needle, number) for number, each in enumerate(needles) for needle in each]
        self._expressions, self._flags = expressions, flags
        self._always = frozenset(number for number, each in enumerate(needles) if not each)
        self._of_needle = [number for _, number in pairs]
        self._machine = AhoCorasick([needle for needle, _ in pairs])
        self._compiled: dict[int, re.Pattern[str]] = {}

    def in_text(self, text: str) -> Iterator[tuple[int, "re.Pattern[str]"]]:
        """Those that ``text`` may hold, in their order: their numbers, and the patterns to try."""
        found = self._machine.find_matches_as_indexes(encodable(text), overlapping=True)
        for number in sorted(self._always.union(self._of_needle[needle] for needle, _, _ in found)):
            pattern = self._compiled.get(number)
            if pattern is None:
                pattern = self._compiled[number] = compiled(self._expressions[number], self._flags)
            yield number, pattern


def needles_of(expression: str) -> list[str]:
    """Texts of which every match of ``expression`` holds at least one; none if no such texts can be told."""
    needles: set[str] = set()
    for way in expand(expression):
        telling = [run for run in map(bytes.decode, fixed_runs(way.columns)) if run not in _EVERYWHERE]
        if not telling:
            return []
        needles.add(max(telling, key=len))
    return sorted(needles)


def encodable(text: str) -> str:
    """``text`` with a question mark for each lone surrogate (a byte that was no UTF-8): the matcher takes none."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")

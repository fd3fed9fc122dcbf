"""The patterns of ``private.lark``, and which of them a text has a chance with.

Most lines hold nothing private, and there are dozens of patterns. So their fixed parts are looked for in one pass
over the text, and only the patterns of those that it holds are tried, compiled when they are needed first.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property

from ahocorasick_rs import AhoCorasick

from triage.logs.regex_columns import expand
from triage.logs.scan_literals import fixed_runs
from triage.redact.known import encodable
from triage.terminals import kept, terminals

_EVERYWHERE = frozenset(" :-.,=/'\"()0123456789")
"""Characters that stand in so many lines that one of them alone tells nothing."""


class TypedPlace:
    """A place whose surroundings say what stands there: a terminal of ``private.lark``."""

    def __init__(self, expression: str) -> None:
        self._expression = expression

    @cached_property
    def pattern(self) -> "re.Pattern[str]":
        """Searched for anywhere in a text."""
        return re.compile(self._expression, re.DOTALL)


class TypedPlaces:
    """Places to look for, with the fixed parts (``needles``) of which a text must hold one to hold the place.

    A place without needles may stand in any text.
    """

    def __init__(self, places: Mapping[str, Iterable[str]]) -> None:
        self._places = [TypedPlace(expression) for expression in places]
        pairs = [(needle, at) for at, needles in enumerate(places.values()) for needle in needles]
        self._always = [at for at, needles in enumerate(places.values()) if not needles]
        self._of_needle = [at for _, at in pairs]
        self._machine = AhoCorasick([needle for needle, _ in pairs])

    def in_text(self, text: str) -> list["re.Pattern[str]"]:
        """The patterns of the places that ``text`` may hold, in the order of the grammar."""
        found = set(self._always)
        for needle, _, _ in self._machine.find_matches_as_indexes(encodable(text), overlapping=True):
            found.add(self._of_needle[needle])
        return [self._places[at].pattern for at in sorted(found)]


@cache
def typed_places() -> TypedPlaces:
    """All places of ``private.lark``."""
    expressions = list(terminals("private").values())
    needles = kept("private-needles", lambda: [needles_of(expression) for expression in expressions])
    return TypedPlaces(dict(zip(expressions, needles, strict=True)))


def needles_of(expression: str) -> list[str]:
    """Texts of which every match of ``expression`` holds at least one; none if no such texts can be told."""
    needles: set[str] = set()
    for way in expand(expression):
        telling = [run for run in map(bytes.decode, fixed_runs(way.columns)) if run not in _EVERYWHERE]
        if not telling:
            return []
        needles.add(max(telling, key=len))
    return sorted(needles)

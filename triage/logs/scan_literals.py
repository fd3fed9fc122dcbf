"""What must stand in a line for a pattern to have a chance: derived from the pattern, cheap to look for in bulk."""

from triage.logs.regex_columns import Column, expand
from triage.records import dataclass
from triage.terminals import kept, terminals

SHORTEST_HEAD = 4
LONGEST_HEAD = 24
INNER_LENGTH = 7
"""So long that one of the words at offsets divisible by 4 lies wholly inside."""
_OCTETS = "latin-1"
_COMMON_FIRST = b" etionrascl0:du=1mp"


@dataclass(frozen=True, slots=True)
class Literals:
    """Any match begins with one of ``heads``, holds one of ``inner``, or starts with a byte of ``first``.

    Heads have 4 to 24 bytes, inner literals 7.
    """

    heads: frozenset[bytes]
    inner: frozenset[bytes]
    first: frozenset[int]


def literals(expression: str) -> Literals:
    """The literals of a regular expression; each way to spell it out gives the best one that it has."""
    heads: set[bytes] = set()
    inner: set[bytes] = set()
    first: set[int] = set()
    for way in expand(expression):
        runs = fixed_runs(way.columns)
        starts_fixed = bool(way.columns) and _is_fixed(way.columns[0])
        longest = max(runs, key=len, default=b"")
        if starts_fixed and len(runs[0]) >= SHORTEST_HEAD:
            heads.add(runs[0][:LONGEST_HEAD])
        elif len(longest) >= INNER_LENGTH:
            inner.add(_rarest(longest))
        else:
            first |= (way.columns[0] if way.columns else None) or frozenset(range(256))
    return Literals(frozenset(heads), frozenset(inner), frozenset(first))


def literals_of(grammars: tuple[str, ...]) -> dict[str, Literals]:
    """The literals of all terminals of some grammars, by their expressions; worked out once and kept."""
    expressions = sorted({expression for grammar in grammars for expression in terminals(grammar).values()})
    found = kept(f"literals-{'-'.join(grammars)}", lambda: [_spelled(literals(each)) for each in expressions])
    return {
        expression: Literals(
            heads=frozenset(head.encode(_OCTETS) for head in heads),
            inner=frozenset(part.encode(_OCTETS) for part in inner),
            first=frozenset(first),
        )
        for expression, (heads, inner, first) in zip(expressions, found, strict=True)
    }


def _spelled(found: Literals) -> list[list[str] | list[int]]:
    return [
        sorted(head.decode(_OCTETS) for head in found.heads),
        sorted(part.decode(_OCTETS) for part in found.inner),
        sorted(found.first),
    ]


def _is_fixed(column: Column) -> bool:
    return column is not None and len(column) == 1


def fixed_runs(columns: tuple[Column, ...]) -> list[bytes]:
    """The stretches of fixed text, in order."""
    runs: list[bytes] = [b""]
    for column in columns:
        if column is not None and len(column) == 1:
            runs[-1] += bytes(column)
        elif runs[-1]:
            runs.append(b"")
    return [run for run in runs if run]


def _rarest(text: bytes) -> bytes:
    """The part that is least likely to stand in other lines, by its letters."""
    parts = [text[at : at + INNER_LENGTH] for at in range(len(text) - INNER_LENGTH + 1)]
    return min(parts, key=lambda part: sum(_commonness(byte) for byte in part))


def _commonness(byte: int) -> int:
    place = _COMMON_FIRST.find(byte)
    return len(_COMMON_FIRST) - place if place >= 0 else 0

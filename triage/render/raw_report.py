"""Chooses the raw lines that a report can afford: all, or the head, the tail and whatever is evidence."""

from collections.abc import Iterable, Set

from triage.model import RawLine
from triage.patterns import compiled
from triage.records import dataclass
from triage.render.limits import Limits

_ESCAPED = compiled("[&<>\"']")
LINE_OVERHEAD = 24
"""Bytes of markup around one line."""
CONTEXT = 3
"""Lines kept on each side of a line that is evidence."""


@dataclass(frozen=True, slots=True)
class RawBlock:
    """Consecutive lines, and how many known lines were left out before them; the last one may hold no lines."""

    lines: tuple[RawLine, ...]
    left_out: int = 0


def raw_blocks(raw: Iterable[RawLine], cited: Set[int], budget: int, limits: Limits) -> tuple[list[RawBlock], int]:
    """``raw`` as runs of consecutive line numbers, and the bytes of UTF-8 HTML that they take (under ``budget``).

    ``cited`` lines and a little around them go first, then lines from both ends towards the middle.
    """
    lines = [RawLine(line.line, _cut(line.text, limits.raw_line)) for line in raw]
    kept, spent = _affordable(lines, cited, budget)
    blocks: list[RawBlock] = []
    run: list[RawLine] = []
    left_out = 0
    for at, line in enumerate(lines):
        if run and (at not in kept or line.line != run[-1].line + 1):
            blocks.append(RawBlock(tuple(run), left_out))
            run, left_out = [], 0
        if at in kept:
            run.append(line)
        else:
            left_out += 1
    if run or left_out:
        blocks.append(RawBlock(tuple(run), left_out))
    return blocks, spent


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def _affordable(lines: list[RawLine], cited: Set[int], budget: int) -> tuple[set[int], int]:
    """Which lines (by index) fit into ``budget``, and what they cost."""
    kept: set[int] = set()
    spent = 0
    for at in _by_worth(lines, cited):
        if at in kept:
            continue
        cost = _cost(lines[at].text)
        if spent + cost > budget:
            break
        kept.add(at)
        spent += cost
    return kept, spent


def _by_worth(lines: list[RawLine], cited: Set[int]) -> Iterable[int]:
    hits = [at for at, line in enumerate(lines) if line.line in cited]
    yield from hits
    for at in hits:
        yield from range(max(at - CONTEXT, 0), min(at + CONTEXT + 1, len(lines)))
    for near in range((len(lines) + 1) // 2):
        yield near
        yield len(lines) - 1 - near


def _cost(text: str) -> int:
    """Bytes of one line as escaped HTML; a character that is shown as a code point takes up to 14."""
    plain = len(text.encode("utf-8", "replace"))
    escapes = 4 * len(_ESCAPED.findall(text))
    invisible = sum(not char.isprintable() for char in text) if not text.isprintable() else 0
    return LINE_OVERHEAD + plain + escapes + 14 * invisible

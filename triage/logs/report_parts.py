"""Turns the lines of a crash report into its parts: each part a marker or headline, and the lines that follow it."""

from collections.abc import Mapping, Sequence

from triage.line_parser import LineToken, Node, line_parser
from triage.logs.report_lines import Prefix, ReportLine
from triage.model import RawLine
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class ReportToken(LineToken):
    """A line that the grammar recognised, and the prefix that stood before it."""

    prefix: Prefix | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report. ``name`` is its rule (``head``, ``stack``, ``info`` …); the first token is its own line."""

    name: str
    tokens: tuple[ReportToken, ...]

    @property
    def title(self) -> ReportToken:
        """The marker or headline that opens the part."""
        return self.tokens[0]


def read_parts(lines: Sequence[ReportLine]) -> tuple[Part, ...]:
    """The parts in the order of the log. Lines before the first part belong to none and are left out."""
    prefixes = {line.line: line.prefix for line in lines}
    tree = line_parser("report").parse(RawLine(line.line, line.text) for line in lines)
    parts = (child for child in tree.children if isinstance(child, Node))
    return tuple(
        Part(part.rule, tuple(_token(t, prefixes) for t in part.children if isinstance(t, LineToken)))
        for part in parts
    )


def unknown_lines(parts: Sequence[Part]) -> tuple[RawLine, ...]:
    """The raw lines that no rule knew. A prefixed line is an ordinary log line that came in between."""
    return tuple(
        RawLine(token.line, token.text)
        for part in parts
        for token in part.tokens
        if token.kind == "OTHER" and token.prefix is None
    )


def last_line(parts: Sequence[Part]) -> int:
    """The last line that is known to be the report's: a dump without END is followed by the log's next lines."""
    known = (t.line for part in reversed(parts) for t in reversed(part.tokens) if t.kind not in ("OTHER", "BLANK"))
    return next(known, 0)


def _token(token: LineToken, prefixes: Mapping[int, Prefix | None]) -> ReportToken:
    return ReportToken(token.kind, token.line, token.text, token.fields, prefixes.get(token.line))

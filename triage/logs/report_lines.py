"""Takes the prefix off the lines of a crash report: which process wrote a line, when, and what it says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from triage.grammar import terminals
from triage.logs.instants import read_instant
from triage.model import Instant, RawLine

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_DOTS = re.compile(r"^\.[.OE]*(?=\d+:)")
_FULL_LINES = ("LEGACY", "LOGFMT", "HANDLER", "OLD", "HANDLER0")
_LOGFMT_ROLES = {"primary": "M", "replica": "S", "sentinel": "X", "RDB/AOF": "C"}


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before a message. ``role`` is the letter as printed (``M``, ``S``, ``C``, ``X``).

    ``epoch`` (Unix seconds, UTC) is set instead of ``time`` on the lines of a signal handler.
    """

    pid: int
    role: str | None = None
    time: Instant | None = None
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of a report: ``text`` is its message if it has a ``prefix``, else the whole of it."""

    line: int
    text: str
    raw: str
    prefix: Prefix | None = None


def read_lines(raws: Iterable[RawLine]) -> list[ReportLine]:
    """The lines with their prefixes read."""
    return [_read_line(raw) for raw in raws]


def _read_line(raw: RawLine) -> ReportLine:
    # `^M` is what editors show, and users paste, for a carriage return.
    text = raw.text.rstrip("\r").removesuffix("^M")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if text[:1] == ".":
        # A crash inside the memory test: the next line begins behind the test's dots.
        text = _DOTS.sub("", text, count=1)
    if text[:1].isdigit() or text[:1] in ("[", "p"):
        for pattern in _prefixed():
            match = pattern.fullmatch(text)
            if match is not None:
                fields = match.groupdict()
                return ReportLine(raw.line, fields.get("message") or "", raw.text, _prefix(fields))
    return ReportLine(raw.line, text, raw.text)


def _prefix(fields: dict[str, str | None]) -> Prefix:
    role, time, epoch = fields.get("role"), fields.get("time"), fields.get("epoch")
    return Prefix(
        pid=int(fields["pid"] or 0),
        role=_LOGFMT_ROLES.get(role, role) if role else None,
        time=read_instant(time) if time else None,
        epoch=int(epoch) if epoch else None,
    )


@cache
def _prefixed() -> tuple["re.Pattern[str]", ...]:
    known = terminals("log_line")
    return tuple(re.compile(known[name], re.DOTALL) for name in _FULL_LINES)

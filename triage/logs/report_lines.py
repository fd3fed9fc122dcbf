"""Takes the prefix off the lines of a crash report: which process wrote a line, when, and what it says."""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from triage.logs.instants import read_instant
from triage.logs.years import Years
from triage.model import Instant, RawLine
from triage.patterns import compiled
from triage.records import dataclass
from triage.terminals import terminals

_ANSI = compiled(r"\x1b\[[0-9;]*[A-Za-z]")
_DOTS = compiled(r"^\.[.OE]*(?=\d+:)")
_HEADLINE = compiled(r"Guru Meditation: |==> [^ :]+:\d+ '|(?: *)Failed assertion: ")
_WHOLE_HEADLINE = compiled(r"(?:#[^#:\s]+:\d+|' is not true|\([^()]*:\d+\)) *$")
_MOST_WRAPPED = 3
_FULL_LINES = ("LEGACY", "LOGFMT", "HANDLER", "OLD", "HANDLER0", "KEYDB", "UNSTAMPED", "REWRITTEN")
_FIRST_CHARACTERS = frozenset("0123456789[pIWEF")
_LOGFMT_ROLES = {"primary": "M", "replica": "S", "sentinel": "X", "RDB/AOF": "C"}


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before a message. ``role`` is the letter as printed (``M``, ``S``, ``C``, ``X``).

    ``epoch`` (Unix seconds, UTC) is set instead of ``time`` on the lines of a signal handler, ``tid`` on KeyDB's.
    """

    pid: int
    role: str | None = None
    time: Instant | None = None
    epoch: int | None = None
    tid: int | None = None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of a report: ``text`` is its message if it has a ``prefix``, else the whole of it."""

    line: int
    text: str
    raw: str
    prefix: Prefix | None = None


def read_lines(raws: Iterable[RawLine], years: Years | None = None) -> list[ReportLine]:
    """The lines with their prefixes read, headlines that a mailer wrapped in one piece."""
    return _rejoined([_read_line(raw, years or Years()) for raw in raws])


def _rejoined(lines: list[ReportLine]) -> list[ReportLine]:
    """Headlines that were wrapped at the width of a mail, whole again; blank lines stand for the rest of them."""
    for at, line in enumerate(lines):
        if not _HEADLINE.match(line.text) or _WHOLE_HEADLINE.search(line.text):
            continue
        for end in range(at + 2, min(at + 2 + _MOST_WRAPPED, len(lines) + 1)):
            rest = lines[at + 1 : end]
            joined = " ".join([line.text, *(part.text.strip() for part in rest)])
            if any(part.prefix or not part.text.strip() for part in rest):
                break
            if _WHOLE_HEADLINE.search(joined):
                lines[at:end] = [replace(line, text=joined), *(replace(part, text="") for part in rest)]
                break
    return lines


def _read_line(raw: RawLine, years: Years) -> ReportLine:
    # `^M` is what editors show, and users paste, for a carriage return.
    text = raw.text.rstrip("\r").removesuffix("^M")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if text[:1] == ".":
        # A crash inside the memory test: the next line begins behind the test's dots.
        text = _DOTS.sub("", text, count=1)
    if text[:1] in _FIRST_CHARACTERS:
        for name in _FULL_LINES:
            match = _prefixed(name).fullmatch(text)
            if match is not None:
                fields = match.groupdict()
                return ReportLine(raw.line, fields.get("message") or "", raw.text, _prefix(fields, raw.line, years))
    return ReportLine(raw.line, text, raw.text)


def _prefix(fields: dict[str, str | None], line: int, years: Years) -> Prefix:
    role, time, epoch, tid = (fields.get(name) for name in ("role", "time", "epoch", "tid"))
    stamp = read_instant(time) if time else None
    return Prefix(
        pid=int(fields["pid"] or 0),
        role=_LOGFMT_ROLES.get(role, role) if role else None,
        time=years.place(stamp, line) if stamp else None,
        epoch=int(epoch) if epoch else None,
        tid=int(tid) if tid else None,
    )


@cache
def _prefixed(name: str) -> "re.Pattern[str]":
    """Compiled when a line is first tried: most logs have one form of prefix."""
    return compiled(terminals("log_line")[name], re.DOTALL)

"""The first cause of a report: what failed, where, and in the server's own words.

Later causes in the same report are crashes inside the report itself, or another thread's; they change nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from triage.logs.report_parts import Part, ReportToken
from triage.logs.signals import code_name, signal_name
from triage.model import Hex, Kind, Signal, Site
from triage.records import dataclass

_DECISIVE = {
    "ASSERTION_SITE": Kind.ASSERTION,
    "PANIC": Kind.PANIC,
    "PANIC_START": Kind.PANIC,
    "CRASHED": Kind.SIGNAL,
    "OOOPS": Kind.SIGNAL,
    "EXCEPTION": Kind.SIGNAL,
    "WATCHDOG": Kind.WATCHDOG,
    "SIGALRM": Kind.WATCHDOG,
}
_HINTS = {
    "ASSERTION": Kind.ASSERTION,
    "CLIENT_CONTEXT": Kind.ASSERTION,
    "OBJECT_CONTEXT": Kind.ASSERTION,
    "SOFTWARE_FAILURE": Kind.PANIC,
    "OUT_OF_MEMORY": Kind.OUT_OF_MEMORY,
    "MEMORY_ERROR": Kind.MEMORY_TEST_FAILED,
    "TEST_MEMORY_ERROR": Kind.MEMORY_TEST_FAILED,
}
"""Headlines that tell the kind of a report that was cut before the decisive line."""


_NO_CAUSE = frozenset(("END_TEXT", "END_MARK", "RULER", "CLIENT_CONTEXT", "OBJECT_CONTEXT", "CONTEXT_FIELD"))
"""What stands among the headlines and does not say why the process failed; of arguments there can be many lines."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a report blames. ``token`` is the line that says so, ``boundary`` the index of the part where a second
    crash inside the report begins (the number of parts if there is none)."""

    kind: Kind
    boundary: int
    site: Site | None = None
    message: str | None = None
    signal: Signal | None = None
    running_at: Hex | None = None
    token: ReportToken | None = None
    evidence: tuple[ReportToken, ...] = ()
    nested: bool = False
    recursive: bool = False


def read_cause(parts: Sequence[Part]) -> Cause | None:
    """The first cause, or ``None`` if nothing in these parts says that something failed."""
    decisive = [(index, part.title) for index, part in enumerate(parts) if part.title.kind in _DECISIVE]
    if not decisive:
        return _hinted_cause(parts)
    index, token = decisive[0]
    boundary = _boundary(parts, index)
    headlines = [part.title for part in parts[:boundary] if part.name in ("head", "bare_stack")]
    repeated = next((t for t in headlines if t.kind == "FAILED_ASSERTION" and "<no " not in t.text), None)
    if token.kind == "CRASHED" and repeated is not None:
        token = repeated
    kind, site, message = _what(token)
    return Cause(
        kind=kind,
        boundary=boundary,
        site=site,
        message=message,
        signal=_signal(headlines) if kind is Kind.SIGNAL else None,
        running_at=next((_pointer(t) for t in headlines if t.kind == "RUNNING_AT"), None),
        token=token,
        evidence=tuple(t for t in headlines if t.kind not in _NO_CAUSE),
        nested=boundary < len(parts),
        recursive=any(t.kind == "ASSERTION" and "recursive" in t.fields for t in headlines),
    )


def _what(token: ReportToken) -> tuple[Kind, Site | None, str | None]:
    fields = token.fields
    if token.kind in ("ASSERTION_SITE", "FAILED_ASSERTION"):
        return Kind.ASSERTION, Site(fields["file"], int(fields["line"]), expression=fields["expression"]), None
    if token.kind in ("PANIC", "PANIC_START"):
        out_of_memory = "aborting for OUT OF" in fields["message"]
        site = Site(fields["file"], int(fields["line"])) if "file" in fields else None
        return Kind.OUT_OF_MEMORY if out_of_memory else Kind.PANIC, site, fields["message"]
    return _DECISIVE[token.kind], None, fields.get("exception")


def _hinted_cause(parts: Sequence[Part]) -> Cause | None:
    found = [token for part in parts for token in part.tokens if token.kind in _HINTS]
    if found:
        message = found[0].text if found[0].kind in ("OUT_OF_MEMORY", "MEMORY_ERROR", "TEST_MEMORY_ERROR") else None
        kind = _HINTS[found[0].kind]
        return Cause(kind, len(parts), message=message, token=found[0], evidence=tuple(found[:4]))
    sections = (part.title for part in parts if part.name not in ("head", "headless"))
    frames = (token for part in parts if part.name == "headless" for token in part.tokens if token.kind == "FRAME")
    first = next(chain(sections, frames), None)
    if first is None:
        return None
    tokens = {token.kind for part in parts for token in part.tokens}
    # Only a signal's report has the faulting instruction, registers and code; without a stack nothing can be told.
    of_assertion = "STACK_DONE" in tokens and not tokens & {"EIP_TITLE", "REGISTERS_MARK", "CODE_MARK"}
    return Cause(Kind.ASSERTION if of_assertion else Kind.SIGNAL, len(parts), evidence=(first,))


def _boundary(parts: Sequence[Part], first: int) -> int:
    """Index of the first part of a second crash.

    Up to Redis 6.0 assertions and panics force a SIGSEGV to print the rest; that one belongs to the first cause.
    """
    forced = False
    sections = 0
    for index in range(first + 1, len(parts)):
        kind = parts[index].title.kind
        sections += parts[index].name != "head"
        forced = forced or kind == "FORCING"
        if kind == "NESTED" or (kind in _DECISIVE and not (kind in ("CRASHED", "OOOPS") and forced and not sections)):
            return index
    return len(parts)


def _signal(headlines: Sequence[ReportToken]) -> Signal | None:
    after = _from_first(headlines, ("CRASHED", "OOOPS"))
    crashed = next(after, None)
    if crashed is None:
        return None
    number = int(crashed.fields["number"])
    code = int(crashed.fields["code"]) if "code" in crashed.fields else None
    rest = list(after)
    sender = next((t for t in rest if t.kind == "KILLED_BY"), None)
    return Signal(
        number=number,
        name=signal_name(number),
        code=code,
        code_name=code_name(number, code) if code is not None else None,
        address=next((_pointer(t) for t in rest if t.kind == "ACCESSING"), None),
        sender_pid=int(sender.fields["sender_pid"]) if sender else None,
        sender_uid=int(sender.fields["sender_uid"]) if sender else None,
    )


def _from_first(tokens: Sequence[ReportToken], kinds: tuple[str, ...]) -> Iterator[ReportToken]:
    started = False
    for token in tokens:
        started = started or token.kind in kinds
        if started:
            yield token


def _pointer(token: ReportToken) -> Hex | None:
    """``%p`` prints NULL as ``(nil)`` (glibc), ``0x0`` (BSD, macOS) or ``0`` (musl)."""
    text = token.fields.get("address") or token.fields.get("old_address") or ""
    return Hex(0) if text == "(nil)" else Hex.read(text)

"""The two keys of a crash.

Both are readable text. ``family`` of an assertion, panic or fatal exit is made only of what every build prints, so a
stripped build, a musl build without stacks and a full build get the same one; that of a signal is its culprit frame.
``strict`` adds the stack. Neither holds an address, an offset, a line number or a module path. A crash that shows
nothing to go by gets no key at all, never a common one.
"""

from triage.model import Incident, Kind, Signal, Signature
from triage.signature.names import expression_text, file_name, message_text
from triage.signature.stack import Stack, crashed_frames, read_stack

ALGORITHM = "frames/1"
STRICT_FRAMES = 6
"""How many own frames the strict key names."""


def sign(incident: Incident) -> Signature:
    """The signature of one incident; both keys are ``None`` if the incident is too poor to sign."""
    stack = read_stack(crashed_frames(incident))
    family = _family(incident, stack)
    strict = _strict(incident, stack, family) if family else None
    return Signature(ALGORITHM, strict, family, stack.frames)


def _family(incident: Incident, stack: Stack) -> str | None:
    kind = incident.kind
    if kind is Kind.ASSERTION:
        return _assertion(incident)
    if kind in (Kind.PANIC, Kind.FATAL_EXIT):
        return _told(incident)
    if kind is Kind.SIGNAL and incident.signal and incident.signal.sent:
        return f"signal:sent:{_signal_name(incident.signal)}"
    if kind in (Kind.SIGNAL, Kind.OUT_OF_MEMORY, Kind.WATCHDOG) and stack.culprit:
        return f"{kind}:{stack.culprit}"
    return None


def _assertion(incident: Incident) -> str | None:
    site = incident.site
    if site is None or site.file is None or site.expression is None:
        return None
    return f"{Kind.ASSERTION}:{file_name(site.file)}:{expression_text(site.expression)}"


def _told(incident: Incident) -> str | None:
    if not incident.message:
        return None
    file = incident.site.file if incident.site else None
    parts = [str(incident.kind), *([file_name(file)] if file else []), message_text(incident.message)]
    return ":".join(parts)


def _strict(incident: Incident, stack: Stack, family: str) -> str:
    head = family
    if incident.kind is Kind.SIGNAL and incident.signal:
        if incident.signal.sent:
            return family
        head = f"{Kind.SIGNAL}:{_signal_name(incident.signal)}"
    return " < ".join([head, *stack.own[:STRICT_FRAMES]])


def _signal_name(signal: Signal) -> str:
    return signal.name or str(signal.number)

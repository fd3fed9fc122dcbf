"""The two keys of a crash.

Both are readable text. ``family`` of an assertion, panic or fatal exit is made of what every build prints, so a
stripped build, a musl build without stacks and a full build get the same one; the caller joins it only where the
assertion says nothing by itself (``sites.toml``). That of a signal is its culprit, with the data structure in which
the culprit's call failed. ``strict`` adds the signal and the stack. Neither holds a line number or a path, and no
address or offset unless nothing has a name; then the build stands beside it. A crash that shows nothing to go by gets
no key at all, never a common one.
"""

from dataclasses import replace
from pathlib import PurePosixPath

from triage.model import Incident, Kind, Signal, Signature
from triage.signature.culprit import Blame
from triage.signature.names import expression_text, file_name, message_text
from triage.signature.rating import rate
from triage.signature.sites import caller_of
from triage.signature.stack import Stack, crashed_frames, read_stack

ALGORITHM = "frames/2"
STRICT_FRAMES = 6
"""How many own frames the strict key names."""
_OTHER_FAULTS = ("SIGBUS", "SIGILL", "SIGFPE")
"""Signals of another nature than a bad pointer: a mapped file cut short, an instruction the CPU lacks, a division."""
_STACK = "STACK TRACE"
_BY_STACK = (Kind.SIGNAL, Kind.OUT_OF_MEMORY, Kind.WATCHDOG)


def sign(incident: Incident) -> Signature:
    """The signature of one incident; both keys are ``None`` if the incident is too poor to sign."""
    stack = stack_of(incident)
    family = _family(incident, stack)
    strict = _strict(incident, stack, family) if family else None
    quality = rate(incident.threads or (), stack) if stack.frames and incident.kind in _BY_STACK else None
    return Signature(ALGORITHM, strict, family, stack.frames, quality)


def stack_of(incident: Incident) -> Stack:
    """The failing thread's stack with its roles.

    If it names no culprit, the failing instruction does: frames may be missing, or begin below a bad call.
    """
    sent = incident.signal is not None and incident.signal.sent
    rule = Blame(
        build=build_of(incident),
        anyone=not (sent and incident.kind is Kind.SIGNAL),
        waiting=incident.kind is Kind.WATCHDOG,
        nameless=_has_beginning(incident),
    )
    stack = read_stack(crashed_frames(incident), rule)
    if stack.culprit or stack.unwinder or incident.instruction is None:
        return stack
    at_instruction = read_stack((incident.instruction,), rule)
    return replace(stack, culprit=at_instruction.culprit, own=at_instruction.own)


def _has_beginning(incident: Incident) -> bool:
    """Whether the stack begins where it should: in a log that was cut, the innermost frames may be gone."""
    report = incident.report
    return report is None or report.complete or not any(gap.section == _STACK for gap in report.missing)


def build_of(incident: Incident) -> str:
    """The binary and what is known of its build, to compare offsets by: ``redis-server@7.0.3``."""
    server = incident.server
    binary = "redis-server" if server.product == "redis" else "valkey-server"
    released = server.version if server.version not in ("255.255.255", "999.999.999") else None
    return "@".join(part for part in (binary, released or server.build_id or server.git_sha1) if part)


def _family(incident: Incident, stack: Stack) -> str | None:
    kind = incident.kind
    if kind is Kind.ASSERTION:
        return _assertion(incident, stack)
    if kind in (Kind.PANIC, Kind.FATAL_EXIT):
        return _told(incident)
    if kind is Kind.SIGNAL and incident.signal and incident.signal.sent:
        return f"signal:sent:{_signal_name(incident.signal)}"
    return _by_stack(incident, stack) if kind in _BY_STACK else None


def _assertion(incident: Incident, stack: Stack) -> str | None:
    site = incident.site
    if site is None or site.file is None:
        return None
    file = file_name(site.file)
    if site.expression is None:
        return f"{Kind.ASSERTION}:{file} < {stack.culprit}" if stack.culprit else None
    expression = expression_text(site.expression)
    base = PurePosixPath(site.file).name
    caller = caller_of(base, expression, stack.below, incident.current_command)
    return " ".join(part for part in (f"{Kind.ASSERTION}:{file}:{expression}", caller) if part)


def _told(incident: Incident) -> str | None:
    if not incident.message:
        return None
    file = incident.site.file if incident.site else None
    parts = [str(incident.kind), *([file_name(file)] if file else []), message_text(incident.message)]
    return ":".join(parts)


def _by_stack(incident: Incident, stack: Stack) -> str | None:
    kind = incident.kind
    if kind is Kind.SIGNAL and stack.cycle:
        return f"{kind}:recursion:{' > '.join(stack.cycle)}"
    if stack.unwinder:
        return f"{kind}:while-reporting:{stack.unwinder}"
    if not stack.culprit:
        return None
    if kind is not Kind.SIGNAL:
        return f"{kind}:{stack.culprit}"
    name = incident.signal.name if incident.signal else None
    parts = [str(kind), *([name] if name in _OTHER_FAULTS else []), stack.culprit]
    return ":".join(parts) + (f" in {stack.layer}" if stack.layer else "")


def _strict(incident: Incident, stack: Stack, family: str) -> str:
    head = family
    if incident.kind is Kind.SIGNAL and incident.signal:
        if incident.signal.sent:
            return family
        head = family if stack.cycle else f"{Kind.SIGNAL}:{_signal_name(incident.signal)}"
    own = [name for name in stack.own if name not in (stack.cycle or ())]
    return " < ".join([head, *own[:STRICT_FRAMES]])


def _signal_name(signal: Signal) -> str:
    return signal.name or str(signal.number)

"""The failed assertion or panic on a stack: the server's own words for why it ended, from the call's arguments."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from triage.cases.constant_arguments import CONVENTIONS, MOST_BYTES, constant_arguments
from triage.cases.core_stacks import Level
from triage.cores import Core
from triage.model import Site
from triage.records import dataclass
from triage.symbols.resolver import Resolver
from triage.symbols.symbol_table import Symbols

MOST_TEXT = 4096
DEPTH = 40
"""Frames from the innermost that may belong to the end of a process: the handlers, the report, the memory test."""
_BEFORE_CALL = 64
"""Bytes that hold the loading of arguments, where the begin of the function is not known."""
_MOST_INSTRUCTION = 16
_TELLING = 6
"""Characters at the begin of a panic's format by which its message is found again."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A function that ends the server, and which of its arguments say why (numbers, from 0)."""

    kind: str
    text: int
    file: int
    line: int


ENDINGS: Mapping[str, Ending] = {
    "_serverAssert": Ending("assertion", text=0, file=1, line=2),
    "_serverAssertWithInfo": Ending("assertion", text=2, file=3, line=4),
    "_redisAssert": Ending("assertion", text=0, file=1, line=2),
    "_redisAssertWithInfo": Ending("assertion", text=2, file=3, line=4),
    "_serverPanic": Ending("panic", text=2, file=0, line=1),
    "_redisPanic": Ending("panic", text=0, file=1, line=2),
}
"""debug.c: ``_serverPanic(file, line, msg, ...)``; ``_redisPanic(msg, file, line)`` until Redis 3.2."""


@dataclass(frozen=True, slots=True)
class FailedCall:
    """An assertion or panic: its arguments as far as they can be read, and where on the stack it was called.

    ``at`` is the index of the caller's level. ``text`` is the asserted expression, or the panic's message (or
    its format, where the message is not on the stack any more).
    """

    kind: str
    at: int
    site: Site
    text: str | None


def failed_call(core: Core, levels: Sequence[Level], resolver: Resolver) -> FailedCall | None:
    """The outermost call of a function that ends the server, within the ``DEPTH`` innermost levels."""
    found = None
    for at in range(1, min(len(levels), DEPTH)):
        ending = ENDINGS.get((levels[at - 1].function or "").partition(".")[0]) or _called(core, levels[at], resolver)
        if ending is not None:
            found = (at, ending)
    if found is None:
        return None
    at, ending = found
    # A clone (``_serverAssert.constprop.0``) lacks arguments of the original, and the others move up.
    cloned = "." in (levels[at - 1].function or "")
    arguments, source = () if cloned else _arguments(core, levels[at]), levels[at].source
    text, file = _text(core, arguments, ending.text), _text(core, arguments, ending.file)
    line = arguments[ending.line] if file and ending.line < len(arguments) else None
    if file is None and source is not None and source.file is not None:
        # Where all calls pass the same, link-time optimization moves the arguments into the callee.
        file, line = PurePosixPath(source.file).name, source.line
    if ending.kind == "panic":
        return FailedCall(ending.kind, at, Site(file, line, levels[at].function), _formatted(core, levels, at, text))
    return FailedCall(ending.kind, at, Site(file, line, levels[at].function, text), text)


def _formatted(core: Core, levels: Sequence[Level], at: int, pattern: str | None) -> str | None:
    """The message that was made of ``pattern``: ``_serverPanic`` builds it on its stack."""
    begin = (pattern or "").partition("%")[0].encode()
    low, high = (levels[index].physical.registers.get(core.machine.sp) for index in (0, at))
    if pattern is None or begin == pattern.encode() or len(begin) < _TELLING or low is None or high is None:
        return pattern
    found = core.memory.dumped.find(begin, low, high - low)
    raw = None if found is None else core.memory.string(found, MOST_TEXT)
    return raw.decode("utf-8", "backslashreplace") if raw else pattern


def _called(core: Core, level: Level, resolver: Resolver) -> Ending | None:
    """What the call before a return address goes to: a jump may have taken the function itself off the stack."""
    frame, image = level.physical, level.image
    if image is None or not frame.return_address or (level.source and level.source.tail_call):
        return None
    size = core.machine.direct_call
    code = core.memory.read(frame.pc - size, size)
    target = None if code is None else core.machine.call_target(code, frame.pc)
    if target is None:
        return None
    return next((ENDINGS[name] for name in _names(resolver.module(image).symbols, target - level.bias)), None)


def _names(symbols: Symbols, entry: int) -> Iterator[str]:
    return (name for name in sorted(symbols.names_at(entry)) if name in ENDINGS) if entry > 0 else iter(())


def _arguments(core: Core, level: Level) -> tuple[int | None, ...]:
    convention = next((found for name, found in CONVENTIONS.items() if name == core.machine.name), None)
    if convention is None:
        return ()
    end = level.address
    entry = level.source.entry if level.source else None
    for start in [entry + level.bias] if entry is not None else _starts(end):
        code = core.memory.read(start, end - start) if 0 < end - start <= MOST_BYTES else None
        arguments = constant_arguments(code, start, convention) if code else ()
        if any(argument is not None for argument in arguments):
            return arguments
    return ()


def _starts(end: int) -> range:
    """Where an instruction may begin, if the function's begin is not known: from the farthest on."""
    return range(end - _BEFORE_CALL, end - _BEFORE_CALL + _MOST_INSTRUCTION)


def _text(core: Core, arguments: Sequence[int | None], index: int) -> str | None:
    address = arguments[index] if index < len(arguments) else None
    raw = core.memory.string(address, MOST_TEXT) if address else None
    return raw.decode("utf-8", "backslashreplace") if raw else None

"""Lines that lost the server's own prefix: it is written anew from what the wrapper says, for its times and pids."""

import re
from collections.abc import Iterator, Sequence

from triage.intake.chunk import Chunk
from triage.intake.layers import Layer, change_layer
from triage.intake.wrappers import Wrapper, server_line
from triage.patterns import compiled
from triage.records import dataclass

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_KLOG_LEVELS = {b"I": b"*", b"W": b"#", b"E": b"#", b"F": b"#"}
# rsyslog writes control characters as octal numbers; the server sends whole sections as one message.
_OCTAL = compiled(rb"#0(11|12|15|33)")
_CHARACTERS = {b"11": b"\t", b"12": b"\n", b"15": b"", b"33": b"\x1b"}
_OWN = compiled(rb"oO0OoO0OoO0Oo [A-Z]|Ready to accept connections|(?:#012)*=== \w{1,20} BUG REPORT START")
_STAMP_AND_PID = compiled(
    rb"(?:<\d{1,3}>)?(?P<month>[A-Z][a-z]{2}) (?P<day>[ \d]\d) (?P<clock>\d\d:\d\d:\d\d)"
    rb"[^\[\]\n]{0,300}\[(?P<pid>\d{1,10})\]: ?"
)


def klog_layer(pattern: "re.Pattern[bytes]") -> Layer:
    """`I0409 13:33:45.899929 *174] 19:M text`, as an agent of a managed service writes the server's lines."""
    at_line = re.compile(b"\n(?:" + pattern.pattern + b")")
    return change_layer("klog", lambda lines: at_line.sub(_as_server, b"\n" + lines)[1:])


def _as_server(match: "re.Match[bytes]") -> bytes:
    """The prefix as Redis 3.0 to 4.0 wrote it: klog has no year either. Without a date there is no time."""
    level = _KLOG_LEVELS.get(match["level"] or b"I", b"*")
    month = int(match["month"] or 0)
    known = 1 <= month <= len(_MONTHS)
    stamp = b"%s %s %s" % (match["day"], _MONTHS[month - 1], match["clock"]) if known else b""
    return b"\n%s:%s %s %s " % (match["pid"], match["role"], stamp, level)


def own_syslog_layer(wrapper: Wrapper, bare: Sequence[bytes]) -> Layer | None:
    """The layer of a server that writes to syslog itself (``syslog-enabled yes``): its lines have no prefix there."""
    if any(server_line().match(line) and not line.startswith(b"=") for line in bare):
        return None
    if not any(_OWN.match(line) for line in bare):
        return None
    at_line = compiled(b"\n" + _STAMP_AND_PID.pattern)
    plain = compiled(b"\n(?:" + wrapper.pattern.pattern + b")")

    def change(lines: bytes) -> bytes:
        return plain.sub(b"\n", at_line.sub(_as_old_server, b"\n" + lines))[1:]

    return change_layer(wrapper.name, change)


def _as_old_server(match: "re.Match[bytes]") -> bytes:
    """The prefix as Redis 2.4 wrote it: syslog knows neither the role nor the level, nor the year."""
    day = match["day"].replace(b" ", b"0")
    return b"\n[%s] %s %s %s * " % (match["pid"], day, match["month"], match["clock"])


def syslog_escapes() -> Layer:
    """Control characters that rsyslog wrote as numbers: one message may hold many lines."""
    return Layer(None, _Unescaper, "syslog escapes")


@dataclass(slots=True)
class _Unescaper:
    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The lines inside the messages."""
        if b"#0" not in chunk.data:
            yield b"", chunk
            return
        lines = [_OCTAL.sub(lambda match: _CHARACTERS[match[1]], line) for line in chunk.lines()]
        yield b"", Chunk.of_payloads(lines, chunk.numbers)

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """Nothing ever waits."""
        return iter(())

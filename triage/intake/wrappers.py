"""The wrappers that are prefixes of a line, and how a server's own line is told: terminals of ``wrappers.lark``."""

import re
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import pairwise

from triage.patterns import compiled
from triage.records import dataclass
from triage.terminals import terminals

NAMES = {
    "CRI": "cri",
    "KUBECTL": "kubectl",
    "COMPOSE": "compose",
    "SYSLOG_RFC5424": "syslog-rfc5424",
    "SONIC": "supervisord",
    "JOURNALD_MONOTONIC": "journald-short",
    "JOURNALD_SHORT_ISO": "journald-short-iso",
    "JOURNALD_SHORT": "journald-short",
    "SYSLOG_RFC3164": "syslog-rfc3164",
    "CLOUDWATCH": "cloudwatch",
    "KLOG": "klog",
    "DOCKER_TIMESTAMPS": "docker-timestamps",
    "SUPERVISORD": "supervisord",
    "EPOCH_EXPORT": "epoch-export",
    "TAI64N": "tai64n",
    "GREP": "grep",
    "NUMBERED": "line-numbers",
    "QUOTE": "quote",
}
"""What each terminal is called in the output, the most telling first."""

CERTAIN = frozenset(("CRI", "KUBECTL", "COMPOSE", "SYSLOG_RFC5424", "JOURNALD_SHORT"))
"""These are no prefix of anything else: they need no server's line behind them to be believed."""
SYSLOG = frozenset(
    ("SYSLOG_RFC5424", "SYSLOG_RFC3164", "JOURNALD_SHORT", "JOURNALD_SHORT_ISO", "JOURNALD_MONOTONIC", "SONIC")
)


@dataclass(frozen=True)
class Wrapper:
    """A prefix that may stand before every line."""

    terminal: str
    expression: str

    @cached_property
    def pattern(self) -> "re.Pattern[bytes]":
        """Compiled when the first line is tried: most logs stand as the server wrote them."""
        return compiled(self.expression.encode())

    @property
    def name(self) -> str:
        """What the output calls it."""
        return NAMES[self.terminal]

    def fits(self, lines: Sequence[bytes]) -> list[bytes]:
        """Those of the lines that have the prefix; none if its line numbers do not grow."""
        matches = [match for line in lines if (match := self.pattern.match(line))]
        if "number" in self.pattern.groupindex:
            # A number that stays the same is a pid, as in KeyDB's `pid:tid:role`.
            numbers = [int(match["number"]) for match in matches]
            if len(numbers) < 2 or any(after <= before for before, after in pairwise(numbers)):
                return []
        return [match.string for match in matches]


@cache
def wrappers() -> tuple[Wrapper, ...]:
    """All wrappers, the most telling first."""
    known = terminals("wrappers")
    return tuple(Wrapper(name, known[name]) for name in NAMES)


@cache
def server_line() -> "re.Pattern[bytes]":
    """Matches what only a server's own line begins with."""
    return compiled(terminals("wrappers")["SERVER_LINE"].encode())


@cache
def of_a_server() -> "re.Pattern[bytes]":
    """Finds whatever tells that a server is at work in a line, behind whatever prefix."""
    known = terminals("wrappers")
    names = ("SERVER_LINE", "ON_ITS_OWN", "SERVERS_TAG", "KLOG")
    return compiled("|".join(known[name] for name in names).encode())


@cache
def in_a_report() -> "re.Pattern[bytes]":
    """Finds what only a report or a failed start prints, for inputs in which no line has a server's prefix."""
    return compiled(terminals("wrappers")["REPORTS"].encode())

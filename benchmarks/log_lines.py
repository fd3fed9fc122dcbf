"""The lines of a made-up log, by the thousand: messages are made beforehand, only the time is new in every line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

SEED = 1883
TEMPLATES = Path(__file__).with_name("log_templates.tsv")
START = datetime(2026, 3, 1, tzinfo=UTC)
LINES_A_SECOND = 40
VARIANTS = 2000
"""Messages that are made of a template with placeholders."""
_STEP_MS = 2 * 1000 // LINES_A_SECOND
_PLACEHOLDER = re.compile("(<addr>|<node>|<n>)")
_LEVELS = {".": "debug", "-": "info", "*": "notice", "#": "warning"}
_ROLES = {"M": "primary", "S": "replica", "C": "RDB/AOF"}
_MILLISECONDS = [f"{ms:03}" for ms in range(1000)]

Maker = Callable[[Random], str]


@dataclass(frozen=True)
class Form:
    """How a line stands in the file: its beginning up to the stamp, what follows the stamp, and its end.

    ``before`` takes pid and role, ``after`` level and message; ``end`` may hold a moment of its own, as docker's do.
    """

    before: Callable[[int, str], str]
    after: Callable[[str, str], str]
    raw: Callable[[str], str] = str
    ends_in_time: bool = False


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r")


def _docker(text: str) -> str:
    return f'{_escaped(text)}\\n","stream":"stdout","time":"'


FORMS = {
    "legacy": Form(
        before=lambda pid, role: f"{pid}:{role} ",
        after=lambda level, message: f" {level} {message}",
    ),
    "logfmt": Form(
        before=lambda pid, role: f'pid={pid} role={_ROLES[role]} timestamp="',
        after=lambda level, message: f'" level={_LEVELS[level]} message="{message}"',
    ),
    "docker": Form(
        before=lambda pid, role: f'{{"log":"{pid}:{role} ',
        after=lambda level, message: _docker(f" {level} {message}"),
        raw=lambda text: '{"log":"' + _docker(text),
        ends_in_time=True,
    ),
}


def address(random: Random) -> str:
    """A client's address; some thousand differ, as behind a load balancer."""
    return f"10.{random.randrange(4)}.{random.randrange(16)}.{random.randrange(64)}:{random.randrange(32768, 60999)}"


def node(random: Random) -> str:
    """A cluster node's id."""
    return f"{random.randrange(12):02x}" + "3c9ea1b04d7f5e26889a0b" + "c4" * 8


_MAKERS: dict[str, Maker] = {"<addr>": address, "<node>": node, "<n>": lambda random: str(random.randrange(9**6))}


@dataclass(frozen=True)
class Messages:
    """All messages, those of a template one behind the other, with the template's share of the lines."""

    texts: tuple[tuple[str, str], ...]
    """Level and message."""
    first: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    count: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    shares: "np.ndarray[tuple[int], np.dtype[np.float64]]"
    """Summed up, so that the last one is 1."""


@cache
def messages() -> Messages:
    """The messages of ``log_templates.tsv``."""
    random = Random(SEED)
    rows = [line.split("\t") for line in TEMPLATES.read_text().splitlines() if not line.startswith("#")]
    texts: list[tuple[str, str]] = []
    counts: list[int] = []
    for _, level, text in rows:
        parts = _PLACEHOLDER.split(text)
        counts.append(VARIANTS if len(parts) > 1 else 1)
        for _ in range(counts[-1]):
            filled = [_MAKERS[part](random) if part in _MAKERS else part for part in parts]
            texts.append((level, "".join(filled)))
    weights = np.cumsum([int(weight) for weight, _, _ in rows])
    count = np.array(counts, dtype=np.int64)
    return Messages(tuple(texts), np.cumsum(count) - count, count, weights / weights[-1])


class LineMaker:
    """Makes lines in one form; the clock moves on with every line."""

    def __init__(self, form: str) -> None:
        self.form = FORMS[form]
        # The one generator of numpy whose numbers will never change.
        self.random = np.random.RandomState(SEED)
        self.moment_ms = 0
        self.pid = 4211
        self._after = [self.form.after(level, message) for level, message in messages().texts]

    def line(self, level: str, message: str, role: str = "M") -> str:
        """One line of the server's."""
        self.moment_ms += int(self.random.randint(_STEP_MS))
        moment = _clock(self.moment_ms // 1000) + _MILLISECONDS[self.moment_ms % 1000]
        return self._ended(self.form.before(self.pid, role) + moment + self.form.after(level, message))

    def raw(self, text: str) -> str:
        """A line without a prefix, as those of a crash report."""
        return self._ended(self.form.raw(text))

    def ordinary(self, count: int) -> str:
        """Lines in the usual proportions."""
        pool = messages()
        kinds = np.searchsorted(pool.shares, self.random.random_sample(count), side="right")
        chosen = pool.first[kinds] + (self.random.random_sample(count) * pool.count[kinds]).astype(np.int64)
        moments = self.moment_ms + np.cumsum(self.random.randint(0, _STEP_MS, count))
        first, self.moment_ms = self.moment_ms // 1000, int(moments[-1])
        seconds = range(first, self.moment_ms // 1000 + 1)
        before = self.form.before(self.pid, "M")
        clocks = [before + _clock(second) for second in seconds]
        ends = [_iso(second) for second in seconds] if self.form.ends_in_time else None
        after, ms = self._after, _MILLISECONDS
        rows = zip((moments // 1000 - first).tolist(), (moments % 1000).tolist(), chosen.tolist(), strict=True)
        if ends is None:
            return "".join([f"{clocks[second]}{ms[part]}{after[one]}\n" for second, part, one in rows])
        return "".join(
            [
                f'{clocks[second]}{ms[part]}{after[one]}{ends[second]}{ms[part]}000000Z"}}\n'
                for second, part, one in rows
            ]
        )

    def _ended(self, text: str) -> str:
        if not self.form.ends_in_time:
            return text + "\n"
        return f'{text}{_iso(self.moment_ms // 1000)}{_MILLISECONDS[self.moment_ms % 1000]}000000Z"}}\n'


def _clock(second: int) -> str:
    return f"{START + timedelta(seconds=second):%d %b %Y %H:%M:%S}."


def _iso(second: int) -> str:
    return f"{START + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S}."

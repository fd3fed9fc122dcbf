"""Learns a prefix that no terminal knows from the lines in which a server's own line begins further right."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial

from triage.intake.layers import Layer, change_layer, prefix_layer
from triage.intake.wrappers import server_line
from triage.patterns import compiled

_LONGEST = 200
_FEW, _MOSTLY = 3, 0.8
_ESCAPED = compiled(rb"\\([\"\\])")
_MONTH_OR_DAY = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
_PART = compiled(rb"(\d+)|([ \t]+)|(" + _MONTH_OR_DAY + rb")|(.)", re.DOTALL)
_BY_GROUP = {1: rb"\d{1,20}", 2: rb"[ \t]{1,40}", 3: rb"[A-Z][a-z]{2}"}
# A pid before KeyDB's thread looks like a prefix, and a word before a quoted line is prose.
_NO_PREFIX = compiled(rb"\d*[:\[]?|.*\w", re.DOTALL)
# KeyDB writes its pid before its thread's, where others have one number only.
_KEYDBS_PID = compiled(rb"(?<=[ \t\"])\d{1,10}:\Z")


def learned_prefix(telling: Sequence[bytes], plain: int) -> Layer | None:
    """What stands before the server's own line in most of the ``telling`` ones; numbers and dates may differ.

    ``plain`` is how many lines begin as a server writes them. Where they are more, the others are torn lines: a
    handler's dots of the memory test, and a server's line behind them.
    """
    found = server_line().search
    prefixes = [_KEYDBS_PID.sub(b"", line[: match.start()]) for line in telling if (match := found(line))]
    shapes = Counter(_shape(prefix) for prefix in prefixes if _may_be(prefix))
    if not shapes:
        return None
    shape, seen = shapes.most_common(1)[0]
    if seen <= plain:
        return None
    return prefix_layer("prefix", re.compile(shape))


def closing_quote(lines: Sequence[bytes]) -> Layer | None:
    """What closes the text of every line behind such a prefix: a quote, and further fields of the wrapper's."""
    texts = [line.rstrip(b"\r") for line in lines]
    begun = sorted(text[::-1] for text in texts if server_line().match(text))
    if len(begun) < _FEW:
        return None
    first, last = begun[0], begun[-1]
    alike = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    shared = first[:alike][::-1]
    end = shared[shared.find(b'"') :] if b'"' in shared else b""
    filled = sum(map(bool, texts))
    if not end or sum(text.endswith(end) for text in texts) < _MOSTLY * filled:
        return None
    closed = re.compile(rb"^(.*)" + re.escape(end) + rb"(?=\r?$)", re.MULTILINE)

    def opened(match: "re.Match[bytes]") -> bytes:
        return _ESCAPED.sub(rb"\1", match[1])

    return change_layer("quoted text", partial(closed.sub, opened), wraps=False)


def _may_be(prefix: bytes) -> bool:
    return 0 < len(prefix) <= _LONGEST and bool(prefix.strip()) and not _NO_PREFIX.fullmatch(prefix)


def _shape(prefix: bytes) -> bytes:
    """A pattern of the prefix; a last blank may be missing where nothing follows."""
    stem = prefix.rstrip(b" \t")
    parts = [_BY_GROUP.get(match.lastindex or 0) or re.escape(match[0]) for match in _PART.finditer(stem)]
    gap = re.escape(prefix[len(stem) :])
    return b"".join(parts) + (rb"(?:" + gap + rb"|(?=\n)|\Z)" if gap else b"")

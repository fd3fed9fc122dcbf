"""Finds out, by looking at some of its lines, what stands around a server's log."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice

from triage.intake.chunk import chunked
from triage.intake.damage import coloured, doubled, indented, marked_up, repeated
from triage.intake.exports import export_layer
from triage.intake.file_headings import under_headings
from triage.intake.layers import Layer, prefix_layer
from triage.intake.learned import closing_quote, learned_prefix
from triage.intake.line_breaks import broken, quoted_printable
from triage.intake.rewritten import klog_layer, own_syslog_layer, syslog_escapes
from triage.intake.wrapped_json import before_json, json_layer
from triage.intake.wrappers import CERTAIN, SYSLOG, Wrapper, in_a_report, of_a_server, server_line, wrappers
from triage.patterns import compiled

LOOKED_AT = 128 << 10
DEEPEST = 8
_MOST_TELLING = 300
_LONGEST_PREFIX = 4096
"""A server's own line is looked for no further inside a line, which may have no end."""
_ENOUGH = 0.8
_FEW = 3
_HARMLESS = rb" !\"#$%'()*+,./0-9:;=?@A-Z\[\]^_a-z|}~-"
_LEFT_BEHIND = (b"**", b"==> ", b"=3D")


def layers_of(data: bytes) -> tuple[Layer, ...]:
    """The layers around the lines of ``data``, outermost first; none for a log as a server writes it."""
    data = data[:LOOKED_AT]
    if as_written(data):
        return ()
    found: list[Layer] = []
    while len(found) < DEEPEST and (more := _outermost(data, {layer.kind for layer in found})):
        for layer in more:
            data = opened(layer, data)
        found += more
    return tuple(found)


def as_written(data: bytes) -> bool:
    """Whether all lines begin as a server's own and hold nothing that wrapping or damage would leave in them."""
    return not any(mark in data for mark in _LEFT_BEHIND) and _own_lines().fullmatch(data) is not None


@cache
def _own_lines() -> "re.Pattern[bytes]":
    return compiled(rb"(?:(?:" + server_line().pattern + rb")[" + _HARMLESS + rb"]*(?<! )\n)+")


def opened(layer: Layer, data: bytes) -> bytes:
    """What a layer holds, of all writers."""
    opener = layer.start()
    parts = [part.data for chunk in chunked([data]) for _, part in opener.open(chunk)]
    return b"".join((*parts, *(part.data for _, part in opener.rest())))


def _outermost(data: bytes, used: set[str]) -> list[Layer]:
    for look in (coloured, quoted_printable, marked_up, under_headings):
        layer = look(data)
        if layer is not None and layer.kind not in used:
            return [layer]
    lines = data.split(b"\n")
    lines = lines[:-1] if len(lines) > 1 else lines
    if "prefix" in used and (layer := closing_quote(lines)):
        return [layer]
    others = [line for line in lines if not server_line().match(line)]
    if not others:
        return []
    plain = len(lines) - len(others)
    telling = _telling(others)
    if not plain and not telling:
        telling = list(islice(filter(in_a_report().search, others), _MOST_TELLING))
    objects = [line for line in lines if line.lstrip(b" \t[").startswith(b"{")]
    if objects and (layer := json_layer(objects, _tells)):
        return [layer]
    wrapper = _voted(telling) or _certain(lines)
    if wrapper is not None:
        return _around(wrapper, lines)
    if plain <= len(telling) and (layer := before_json(telling) or export_layer(telling)):
        return [layer]
    if telling and (layer := indented(lines, telling, plain) or learned_prefix(telling, plain)):
        return [layer]
    for find in (repeated, doubled, broken):
        layer = find(lines)
        if layer is not None and layer.kind not in used:
            return [layer]
    return []


def _tells(text: bytes) -> bool:
    return of_a_server().search(text, 0, _LONGEST_PREFIX) is not None


def _telling(others: Iterable[bytes]) -> list[bytes]:
    """Lines that tell of a server, of those that are not a server's from their first byte on."""
    return list(islice(filter(_tells, others), _MOST_TELLING))


def _voted(telling: Sequence[bytes]) -> Wrapper | None:
    """The wrapper that most of the telling lines have; each votes for the first that fits."""
    votes: Counter[Wrapper] = Counter()
    left = list(telling)
    for wrapper in wrappers() if left else ():
        fitting = set(wrapper.fits(left))
        if fitting:
            votes[wrapper] = len(fitting)
            left = [line for line in left if line not in fitting]
    return votes.most_common(1)[0][0] if votes else None


def _certain(lines: Sequence[bytes]) -> Wrapper | None:
    filled = [line for line in lines if line.strip()]
    if len(filled) < _FEW:
        return None
    # A wrapper of enough lines has one at least among this many.
    first = filled[: int((1 - _ENOUGH) * len(filled)) + 1]
    known = (wrapper for wrapper in wrappers() if wrapper.terminal in CERTAIN and wrapper.fits(first))
    return next((one for one in known if len(one.fits(filled)) >= _ENOUGH * len(filled)), None)


def _around(wrapper: Wrapper, lines: Sequence[bytes]) -> list[Layer]:
    if wrapper.terminal == "KLOG":
        return [klog_layer(wrapper.pattern)]
    if wrapper.terminal not in SYSLOG:
        return [prefix_layer(wrapper.name, wrapper.pattern)]
    bare = [line[match.end() :] for line in lines if (match := wrapper.pattern.match(line))]
    outer = own_syslog_layer(wrapper, bare) or prefix_layer(wrapper.name, wrapper.pattern)
    return [outer, syslog_escapes()]

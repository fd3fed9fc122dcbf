"""Recordings of terminals by asciinema: a header, then one JSON array per event, ``[time, "o", "printed text"]``."""

import json
from collections.abc import Iterable, Iterator

from triage.intake.chunk import LONGEST_LINE
from triage.patterns import compiled

_HEADER = compiled(rb'\s*\{[^\n]{0,4000}"version":\s{0,9}[23][^\n]{0,60000}\n')
_EVENT = compiled(rb'\s{0,9}\[\s{0,9}[\d.]{1,40}\s{0,9},\s{0,9}"[a-z]"')
# The last event of a recording that was cut has no end.
_PRINTED = compiled(rb'\s{0,9}\[\s{0,9}[\d.]{1,40}\s{0,9},\s{0,9}"o"\s{0,9},\s{0,9}"(?P<text>(?:[^"\\]|\\.)*+)')


def is_recording(head: bytes) -> bool:
    """Whether a file begins as a recording of format 2 or 3."""
    header = _HEADER.match(head)
    return header is not None and _EVENT.match(head, header.end()) is not None


def printed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """What was printed, with the terminal's escapes."""
    rest = b""
    for block in blocks:
        data = rest + block
        cut = data.rfind(b"\n") + 1
        rest = data[cut:]
        yield b"".join(map(_printed_by, data[:cut].split(b"\n")))
        if len(rest) > LONGEST_LINE:
            yield _printed_by(rest)
            rest = b""
    yield _printed_by(rest)


def _printed_by(event: bytes) -> bytes:
    match = _PRINTED.match(event)
    if match is None:
        return b""
    try:
        text: str = json.loads(b'"' + match["text"] + b'"', strict=False)
    except ValueError:
        return match["text"]
    return text.encode("utf-8", "surrogatepass")

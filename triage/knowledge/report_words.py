"""Parts the lines of a report into the server's own words and what clients sent, which may quote any report."""

from collections.abc import Iterable

from triage.model import RawLine
from triage.patterns import compiled

_SENT = compiled(r"(?:[\[\d][^#]{0,60}# )?(?:client->)?argv\[\d+\]")
_NAMED = compiled(r"(?:[\[\d][^#]{0,60}# )?(?:id=\d|addr=|client: |key ')")
# Up to Redis 6.2 arguments are printed as they are, with their line breaks.
_BARE = compiled(r"(?:[\[\d][^#]{0,60}# )?argv\[\d+\]: '")
_SECTION = compiled(r"-{6} [A-Z]|(?:[\[\d][^#]{0,60}# )?-{3} [A-Z]|={3} \w+ BUG REPORT END")


def own_words(lines: Iterable[RawLine]) -> tuple[str, ...]:
    """Without arguments, keys and clients: what those are called is no evidence."""
    return tuple(text for text, sent in _parted(lines) if not sent and not _NAMED.match(text))


def arguments(lines: Iterable[RawLine]) -> tuple[str, ...]:
    """The arguments of commands."""
    return tuple(text for text, sent in _parted(lines) if sent)


def _parted(lines: Iterable[RawLine]) -> Iterable[tuple[str, bool]]:
    goes_on = False
    for raw in lines:
        if _SENT.match(raw.text):
            goes_on = _BARE.match(raw.text) is not None and not raw.text.endswith("'")
            yield raw.text, True
            continue
        goes_on = goes_on and not _SECTION.match(raw.text)
        yield raw.text, goes_on
        goes_on = goes_on and not raw.text.endswith("'")

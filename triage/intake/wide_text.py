"""Text as Windows' programs write it: PowerShell redirects to UTF-16, editors put a byte order mark before UTF-8."""

import codecs
from collections.abc import Iterable, Iterator

_MARKS = (
    # The mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FEWEST_CHARACTERS = 16
_MOSTLY = 0.8
_HARDLY = 0.02


def wide_codec(head: bytes) -> str | None:
    """How a file with more than one byte a character is encoded; what was cut out of such a file has no mark."""
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec
    even, odd = head[0::2], head[1::2]
    if len(odd) < _FEWEST_CHARACTERS:
        return None
    zeros_even, zeros_odd = even.count(0) / len(even), odd.count(0) / len(odd)
    if zeros_odd >= _MOSTLY and zeros_even <= _HARDLY:
        return "utf-16-le"
    return "utf-16-be" if zeros_even >= _MOSTLY and zeros_odd <= _HARDLY else None


def as_utf8(blocks: Iterable[bytes], codec: str) -> Iterator[bytes]:
    """The same text in UTF-8; what is no character becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def without_mark(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes without UTF-8's byte order mark at their beginning."""
    for number, block in enumerate(blocks):
        yield block if number else block.removeprefix(codecs.BOM_UTF8)

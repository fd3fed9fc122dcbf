"""Text as Windows' programs write it: PowerShell redirects to UTF-16, editors put a byte order mark before UTF-8."""

import codecs
from collections.abc import Iterable, Iterator


def is_utf16(head: bytes) -> bool:
    """Whether a file begins with UTF-16's byte order mark."""
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not head.startswith(codecs.BOM_UTF32_LE)


def as_utf8(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8; what is no character becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def without_mark(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes without UTF-8's byte order mark at their beginning."""
    for number, block in enumerate(blocks):
        yield block if number else block.removeprefix(codecs.BOM_UTF8)

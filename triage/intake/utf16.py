"""Text in UTF-16, as PowerShell writes it when a log is redirected to a file."""

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

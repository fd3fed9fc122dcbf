"""A mail as it was saved or forwarded: its text and what is attached to it are the members of an archive."""

import re
from collections.abc import Iterable, Iterator

from triage.patterns import compiled

MOST_BYTES = 256 << 20
"""Of a mail that is read: it is taken apart in memory. Mail servers let through a tenth of it."""
_FIELD = compiled(rb"(?:From |[A-Za-z][A-Za-z0-9\-]{0,60}:[ \t]|[ \t]+\S)[^\n]*\n")
_KNOWN = compiled(rb"^(?:MIME-Version|Content-Type|Received|Message-ID|Return-Path): ?", re.IGNORECASE | re.MULTILINE)
_ADDRESSED = compiled(rb"^(?:From|To|Subject|Date): ?", re.IGNORECASE | re.MULTILINE)
_NAMED_TEXT = {"text/plain": "text.txt", "text/html": "text.html"}


def is_mail(head: bytes) -> bool:
    """Whether a file begins with the header of a mail."""
    if not _FIELD.match(head):
        return False
    header = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0] + b"\n"
    plain = all(_FIELD.match(line) for line in header.splitlines(keepends=True))
    return plain and _KNOWN.search(header) is not None and _ADDRESSED.search(header) is not None


def parts_of(blocks: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """The texts and attachments of a mail, decoded, with their names; of two forms of one text the plain one."""
    from email import message_from_bytes, policy

    content = bytearray()
    for block in blocks:
        content += block[: MOST_BYTES - len(content)]
    message = message_from_bytes(bytes(content), policy=policy.compat32)
    leaves = [part for part in message.walk() if not part.is_multipart()]
    plain = any(part.get_content_type() == "text/plain" for part in leaves)
    for number, part in enumerate(leaves, 1):
        name, kind = part.get_filename(), part.get_content_type()
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes) or (name is None and kind == "text/html" and plain):
            continue
        if name is None:
            # Mail ends its own lines in CR LF.
            payload = payload.replace(b"\r\n", b"\n")
        yield str(name or f"{number}-{_NAMED_TEXT.get(kind, 'part')}"), payload

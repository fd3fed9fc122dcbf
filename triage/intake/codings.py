"""What stands between a file's bytes and the text in it: compression, base64, wide characters, lost line ends."""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from triage.intake.one_line import (
    has_returns,
    is_escaped,
    is_one_line_of_json,
    laid_out,
    returns_as_newlines,
    unescaped,
)
from triage.intake.recording import is_recording, printed
from triage.intake.rich_text import is_rich_text, plain_text
from triage.intake.sniff import ARCHIVES, SNIFFED_BYTES, kind_of
from triage.intake.streams import Decompressed, compression_of
from triage.intake.wide_text import as_utf8, wide_codec, without_mark
from triage.model import Problem
from triage.patterns import compiled
from triage.records import dataclass

DEEPEST = 5
"""A file that decompresses to itself is not followed for ever."""
_ENCODED = compiled(rb"\s*([A-Za-z0-9+/]{40,})(?:=|\s|\Z)")
_TRIED = 4000

Blocks = Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Coding:
    """One way to undo. ``note`` tells users what it means for line numbers."""

    decode: Callable[[Blocks, list[Problem]], Blocks]
    note: str | None = None


def codings_of(head: bytes) -> tuple[tuple[Coding, ...], bytes]:
    """What a file that begins with ``head`` is encoded in, outermost first, and how its text begins."""
    found: list[Coding] = []
    while len(found) < DEEPEST and (coding := _outermost(head)) is not None:
        found.append(coding)
        head = _beginning(coding, head)
    return tuple(found), head


def decoded(codings: tuple[Coding, ...], blocks: Blocks, problems: list[Problem]) -> Iterator[bytes]:
    """The text of a file; what is wrong with it is added to ``problems``."""
    for coding in codings:
        blocks = coding.decode(blocks, problems)
    yield from without_mark(blocks)


def _outermost(head: bytes) -> Coding | None:
    compression = compression_of(head)
    if compression is not None:
        return Coding(partial(Decompressed, compression))
    if kind_of(head) in ("core", "binary", *ARCHIVES):
        return None
    if codec := wide_codec(head):
        return Coding(lambda blocks, _: as_utf8(blocks, codec))
    if _is_base64(head):
        return Coding(_from_base64)
    if is_recording(head):
        return Coding(
            lambda blocks, _: printed(blocks), "a recording of a terminal: lines are counted as it showed them"
        )
    if is_rich_text(head):
        return Coding(lambda blocks, _: plain_text(blocks), "rich text (RTF): lines are counted as it reads")
    if is_one_line_of_json(head):
        return Coding(lambda blocks, _: laid_out(blocks), "one line of JSON: lines are counted as `jq .` prints them")
    if is_escaped(head) and not _is_an_object(head):
        return Coding(lambda blocks, _: unescaped(blocks), "one line with \\n in it: lines are counted as it reads")
    return Coding(lambda blocks, _: returns_as_newlines(blocks)) if has_returns(head) else None


def _beginning(coding: Coding, head: bytes) -> bytes:
    found = b""
    for block in coding.decode((head,), []):
        found += block
        if len(found) >= SNIFFED_BYTES:
            break
    return found[:SNIFFED_BYTES]


def _is_an_object(head: bytes) -> bool:
    """A whole object of JSON is read as such."""
    return len(head) < SNIFFED_BYTES and head.lstrip().startswith(b"{") and head.rstrip().endswith(b"}")


def _is_base64(head: bytes) -> bool:
    """Whether the text is base64 of something that can be read."""
    if not _ENCODED.match(head):
        return False
    plain = b"".join(_from_base64((head[:_TRIED],), []))
    if compression_of(plain) or wide_codec(plain):
        return True
    # A log of one word a line would be such characters too: what comes out of it is no text.
    return not re.search(rb"[^A-Za-z0-9+/=\s]", head) and kind_of(plain) in ("log", "core", *ARCHIVES)


def _from_base64(blocks: Blocks, problems: list[Problem]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        data = rest + block.translate(None, b" \t\r\n")
        whole = len(data) // 4 * 4
        rest = data[whole:]
        try:
            yield binascii.a2b_base64(data[:whole])
        except binascii.Error as error:
            problems.append(Problem(f"the base64 text is damaged ({error})", "Copy it again as a whole."))
            return
    if rest:
        problems.append(Problem("the base64 text ends too early", "Copy it again as a whole."))

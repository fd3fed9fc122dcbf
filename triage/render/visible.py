"""Shows characters that would otherwise act: controls, direction overrides, invisible and broken ones.

Text of logs is untrusted. A terminal obeys ESC, a browser obeys direction overrides; both are written out instead.
"""

import re

from triage.patterns import compiled

ACTIVE = (
    "\x00-\x08\x0a-\x1f\x7f-\x9f"  # C0 without tab, DEL, C1
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, bidi, separators
    "\ud800-\udfff\U000e0000-\U000e007f"  # lone surrogates, tag characters
)
"""A character class (without brackets) of everything that must never reach a reader as it is. Tab is harmless."""

_ACTIVE = compiled(f"[{ACTIVE}]")
_CODE = compiled(r"`([^`]+)`")
_CONTROL_PICTURES = 0x2400


def visible(text: str) -> str:
    """``text`` with each active character as its control picture (``␛``) or code point (``⟨U+202E⟩``)."""
    if text.isprintable():
        # The active ones are not, and most texts hold no other: this is told sooner than the pattern is searched for.
        return text
    return _ACTIVE.sub(_spelled, text)


def shown(text: str, limit: int) -> str:
    """``visible(text)`` cut to ``limit`` characters, with a note if something is left out."""
    head = visible(text[:limit])
    left_out = len(text) - limit
    if left_out > 0:
        return f"{head[:limit]}… ({left_out:,} more characters)"
    return head if len(head) <= limit else f"{head[:limit]}…"


def one_line(text: str) -> str:
    """Prose that a knowledge file wraps over lines, as one line."""
    return " ".join(text.split())


def prose(text: str) -> str:
    """``one_line(text)`` with quotation marks for the backticks of code, for pages that know no Markdown."""
    return _CODE.sub(r"‘\1’", one_line(text))


def _spelled(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if code == 0x7F:
        return "␡"
    return f"⟨U+{code:04X}⟩"

"""Whole numbers in texts that nobody has checked."""

from triage.patterns import compiled

_WHOLE = compiled(r"[0-9]{1,18}")
"""Python's own ``isdigit`` holds for figures that ``int`` refuses, such as ``²``, and for numbers without end."""


def whole_number(text: str) -> int | None:
    """The number that ``text`` is; ``None`` if it is none, or beyond what servers count in 64 bits."""
    return int(text) if _WHOLE.fullmatch(text) else None

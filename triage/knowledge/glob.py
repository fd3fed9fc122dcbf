"""Matches a text against a pattern in which ``*`` stands for anything, in linear time."""


def glob_matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern. Nothing but ``*`` is special, so C expressions can be written as is.

    Each piece between two stars is looked for once, from left to right: a hostile text cannot make it slow.
    """
    head, *pieces = pattern.split("*")
    if not pieces:
        return text == pattern
    tail = pieces.pop()
    if not text.startswith(head) or len(text) < len(head) + len(tail):
        return False
    at, end = len(head), len(text) - len(tail)
    for piece in pieces:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return text.endswith(tail)

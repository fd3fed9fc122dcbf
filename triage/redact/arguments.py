"""Arguments of commands: keys become ``k1``, values ``<19 bytes>``, options and their numbers stay."""

import re
from collections.abc import Sequence

from triage.patterns import compiled
from triage.redact.pseudonyms import Kind, Pseudonyms
from triage.redact.rules import words
from triage.redact.vocabulary import server_words

_QUOTES = compiled(r"""'?"?(?P<body>.*?)"?'?(?: \(refcount: \d{1,20}\))?""", re.DOTALL)
_ESCAPED = compiled(r"\\x[0-9a-f]{2}|\\.")
_SIZE = compiled(r"\d{1,20} bytes")


def shape_of(arguments: Sequence[str], pseudonyms: Pseudonyms) -> list[str]:
    """The arguments of one command as a reader may see them; the first is the command's name and stays."""
    bodies = [unquoted(argument) for argument in arguments]
    command = bodies[0].lower() if bodies else ""
    shown = arguments[:1]
    return [*shown, *(_argument(command, bodies, index, pseudonyms) for index in range(1, len(bodies)))]


def unquoted(argument: str) -> str:
    """An argument without the quotes that the server puts around it (none, one or two pairs)."""
    match = _QUOTES.fullmatch(argument)
    return match["body"] if match else argument


def masked(argument: str, pseudonyms: Pseudonyms) -> str:
    """``<19 bytes>``; an escape sequence (``\\x00``) is one byte. What is hidden already stays."""
    if not argument or _SIZE.fullmatch(argument) or argument == "*redacted*":
        return argument
    pseudonyms.of(Kind.ARGUMENT, argument)
    return f"<{len(_ESCAPED.sub('.', argument).encode('utf-8', 'surrogatepass'))} bytes>"


def _argument(command: str, bodies: Sequence[str], index: int, pseudonyms: Pseudonyms) -> str:
    body = bodies[index]
    if not body or _SIZE.fullmatch(body) or body == "*redacted*":
        return body
    if index == 1 and command in words("commands", "containers") and body.lower() in server_words():
        return body
    if _is_key(command, index):
        return pseudonyms.of(Kind.KEY, body)
    options = words("commands", "options")
    if body.lower() in options or (body.lstrip("-").isdecimal() and bodies[index - 1].lower() in options):
        return body
    return masked(body, pseudonyms)


def _is_key(command: str, index: int) -> bool:
    if command in words("commands", "all_keys"):
        return True
    if command in words("commands", "pairs"):
        return index % 2 == 1
    place = 2 if command in words("commands", "second") else 1
    return index == place and command not in words("commands", "no_keys")

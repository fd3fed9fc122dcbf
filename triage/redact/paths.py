"""Paths: directories that every system has stay, those that somebody named become pseudonyms."""

from collections.abc import Iterator

from triage.patterns import compiled
from triage.redact.pseudonyms import Kind, Pseudonyms
from triage.redact.rules import words
from triage.redact.vocabulary import Vocabulary

_PATH = compiled(r"(?<![\w.:/)])(?:/[^\s/'\":,;()\[\]<>|]+)+/?")
_WEB_PATH = compiled(r"://(?P<host>[^\s/'\"]+)(?P<path>/[^\s'\"<>]+)")
_SHARED_OBJECT = compiled(r"\.so(?:\.\d|$)")


def find_paths(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every absolute path in ``text``, and of the paths of web addresses."""
    if "/" not in text:
        return
    for match in _PATH.finditer(text):
        yield match.span()
    for match in _WEB_PATH.finditer(text):
        if not any(
            match["host"] == site or match["host"].endswith(f".{site}") for site in words("hosts", "public_sites")
        ):
            yield match.span("path")


def reduced(path: str, pseudonyms: Pseudonyms, vocabulary: Vocabulary) -> str:
    """``/home/alice/valkey/valkey.log`` as ``/home/path-1/valkey/valkey.log``; modules keep their name."""
    parts = path.split("/")
    kept = [_part(part, pseudonyms, vocabulary) for part in parts[:-1]]
    last = parts[-1]
    if _SHARED_OBJECT.search(last) or vocabulary.is_public(last):
        return "/".join([*kept, last])
    stem, dot, suffix = last.partition(".")
    known = all(vocabulary.is_public(piece) for piece in suffix.split("."))
    return "/".join(
        [*kept, pseudonyms.of(Kind.PATH, stem) + dot + suffix if known else pseudonyms.of(Kind.PATH, last)]
    )


def _part(part: str, pseudonyms: Pseudonyms, vocabulary: Vocabulary) -> str:
    return part if not part or vocabulary.is_public(part) else pseudonyms.of(Kind.PATH, part)

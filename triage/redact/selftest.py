"""Reads finished output again, as its reader would, and refuses it if a private value is left."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from triage.model import TriageError
from triage.patterns import compiled
from triage.redact.analysis import Redacted
from triage.resources import resource_dir

_TAG = compiled(r"<[^<>]*>")
_BACKSLASH = compiled(r"\\(?=[^A-Za-z0-9\s])")
_WORD = compiled(r"[\w.\-]+")
_PIECE = 1 << 20
_JSON_STRING = compiled(r'"(?:[^"\\]++|\\.)*+"')


class RedactionError(TriageError):
    """Output still held a private value. Nothing was written."""

    exit_code = 5

    def __init__(self, format: str) -> None:
        super().__init__(
            f"the {format} output still holds a private value, so nothing was written",
            "Please report it. --redact strict hides more; --redact none writes everything as it is.",
        )


def check(output: str, format: str, redacted: Redacted) -> None:
    """Raise ``RedactionError`` if ``output`` holds an original. The error does not repeat it."""
    for text in _readings(output, format):
        for start, end, _ in redacted.known.find(text):
            if text[start:end].lower() not in _own_words():
                raise RedactionError(format)


def _readings(output: str, format: str) -> Iterator[str]:
    """The output itself, and with its format's escapes undone."""
    if format in ("json", "sarif"):
        for piece in _pieces(output):
            yield piece
            yield from _escaped_strings(piece)
        return
    import html

    yield output
    if format == "html":
        yield html.unescape(_TAG.sub(" ", output))
    else:
        plain = html.unescape(_BACKSLASH.sub("", output)).replace("`@`", "@")
        yield plain
        yield " ".join(plain.split())


def _pieces(document: str) -> Iterator[str]:
    """A JSON text by whole lines, about a megabyte at a time: no string of it holds a line end."""
    start = 0
    while start < len(document):
        end = document.find("\n", start + _PIECE) + 1 or len(document)
        yield document[start:end]
        start = end


def _escaped_strings(document: str) -> Iterator[str]:
    """The strings of a JSON text that have escapes: the others read the same in the text itself."""
    for match in _JSON_STRING.finditer(document):
        if "\\" in match[0]:
            yield json.loads(match[0])


@cache
def _own_words() -> frozenset[str]:
    """The words of this program itself: a customer's value that is one of them cannot be told from them.

    Read only if something was found: that is rare, and the files are many.
    """
    package = Path(__file__).parent.parent
    files = [*package.rglob("*.py"), *package.rglob("*.toml"), *resource_dir("reports").iterdir()]
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in files if path.is_file())
    return frozenset(
        word.lower() for text in texts for found in _WORD.findall(text) for word in (found, *found.split("-"))
    )

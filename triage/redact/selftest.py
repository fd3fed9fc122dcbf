"""Reads finished output again, as its reader would, and refuses it if a private value is left."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from triage.model import TriageError
from triage.redact.analysis import Redacted
from triage.resources import resource_dir

_TAG = re.compile(r"<[^<>]*>")
_BACKSLASH = re.compile(r"\\(?=[^A-Za-z0-9\s])")
_WORD = re.compile(r"[\w.\-]+")


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
    yield output
    if format in ("json", "sarif"):
        yield "\n".join(_strings(json.loads(output)))
        return
    import html

    if format == "html":
        yield html.unescape(_TAG.sub(" ", output))
    else:
        plain = html.unescape(_BACKSLASH.sub("", output)).replace("`@`", "@")
        yield plain
        yield " ".join(plain.split())


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


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

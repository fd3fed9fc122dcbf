"""Recognises what stands around a server's own lines, one physical line at a time."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from triage.grammar import terminals

ENOUGH = 0.6
"""Share of the sampled lines that a wrapper must fit to be taken for the file's wrapper."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a wrapped line carried. ``partial`` says that the line goes on in the next piece of the same stream."""

    payload: bytes
    stream: bytes = b""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A known wrapper: ``open`` returns the piece inside a line, or ``None`` if the line is not wrapped so."""

    name: str
    open: Callable[[bytes], Piece | None]


NAMES = {
    "CRI": "cri",
    "KUBECTL": "kubectl",
    "COMPOSE": "compose",
    "SYSLOG_RFC5424": "syslog-rfc5424",
    "JOURNALD_SHORT_ISO": "journald-short-iso",
    "CLOUDWATCH": "cloudwatch",
    "DOCKER_TIMESTAMPS": "docker-timestamps",
    "JOURNALD_SHORT": "journald-short",
    "SYSLOG_RFC3164": "syslog-rfc3164",
    "SUPERVISORD": "supervisord",
    "GREP": "grep",
    "EPOCH_EXPORT": "epoch-export",
    "QUOTE": "quote",
}

JSON_TEXT_KEYS = ("line", "message", "msg", "@message", "textPayload", "log", "body")
"""Where log stores put the line in their NDJSON exports (Loki, CloudWatch, Fluentd, Google Cloud, Vector)."""


@cache
def wrappers() -> tuple[Wrapper, ...]:
    """All wrappers, the most telling first."""
    prefixes = tuple(
        Wrapper(NAMES[name], _prefix(re.compile(pattern.encode(), re.DOTALL)))
        for name, pattern in terminals("wrappers").items()
        if name in NAMES
    )
    order = list(NAMES.values())
    ranked = sorted(prefixes, key=lambda wrapper: order.index(wrapper.name))
    return (
        Wrapper("docker-json", _docker_json),
        Wrapper("journald-json", _journald_json),
        Wrapper("ndjson", _ndjson),
        *ranked,
    )


def recognise(lines: Sequence[bytes]) -> Wrapper | None:
    """The wrapper around most of ``lines`` (blank ones left out), or ``None`` for lines as a server writes them."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        return None
    for wrapper in wrappers():
        if sum(wrapper.open(line) is not None for line in filled) >= ENOUGH * len(filled):
            return wrapper
    return None


def _prefix(pattern: "re.Pattern[bytes]") -> Callable[[bytes], Piece | None]:
    groups = pattern.groupindex

    def open_line(line: bytes) -> Piece | None:
        match = pattern.fullmatch(line)
        if match is None:
            return None
        stream = match["stream"] if "stream" in groups else b""
        partial = "partial" in groups and match["partial"] == b"P"
        return Piece(match["payload"] or b"", stream or b"", partial)

    return open_line


def _object(line: bytes) -> dict[str, object] | None:
    if line[:1] != b"{":
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _docker_json(line: bytes) -> Piece | None:
    """Docker's json-file driver; a ``log`` without its newline is a piece of a line over 16 KiB."""
    entry = _object(line)
    if entry is None or not isinstance(entry.get("log"), str) or "time" not in entry:
        return None
    text = str(entry["log"]).encode("utf-8", "surrogatepass")
    whole = text.endswith(b"\n")
    return Piece(text[:-1] if whole else text, str(entry.get("stream", "")).encode(), partial=not whole)


def _journald_json(line: bytes) -> Piece | None:
    """``journalctl -o json``; a message that is no UTF-8 comes as a list of byte values."""
    entry = _object(line)
    if entry is None or "MESSAGE" not in entry or not any(key.startswith("_") for key in entry):
        return None
    message = entry["MESSAGE"]
    if isinstance(message, list):
        return Piece(bytes(value & 0xFF for value in message if isinstance(value, int)))
    return Piece(str(message or "").encode("utf-8", "surrogatepass"))


def _ndjson(line: bytes) -> Piece | None:
    entry = _object(line)
    if entry is None:
        return None
    for key in JSON_TEXT_KEYS:
        if isinstance(entry.get(key), str):
            return Piece(str(entry[key]).encode("utf-8", "surrogatepass").removesuffix(b"\n"))
    return None

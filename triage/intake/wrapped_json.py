"""Logs whose every line is a JSON object: Docker's json-file, the journal, and the exports of log stores."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any

from triage.intake.chunk import Chunk
from triage.intake.layers import Layer, Piece, Pieces, prefix_layer
from triage.patterns import compiled
from triage.records import dataclass

if TYPE_CHECKING:
    import msgspec

TEXT_KEYS = (
    "line",
    "message",
    "msg",
    "@message",
    "textPayload",
    "log",
    "body",
    "MESSAGE",
    "_raw",
    "event",
    "_source",
)
"""Where log stores put the line (Loki, CloudWatch, Fluentd, Google Cloud, Vector, Splunk, Elasticsearch)."""
WRITER_KEYS = ("pod", "pod_name", "container", "container_name", "logStreamName", "logStream", "instance", "host")
WRITER_PARENTS = ("labels", "kubernetes", "stream", "resource")
_DEEPEST = 10
"""OpenTelemetry's lines lie eight levels deep."""
_FIRST_ELEMENTS = 20
EACH = -1
_BEFORE_JSON = compiled(rb"[^{\n]{1,400}(?=\{\")")

Entry = dict[str, Any]
Open = Callable[[Entry], Piece | None]
Path = tuple[str | int, ...]


def json_layer(samples: Sequence[bytes], tells: Callable[[bytes], bool]) -> Layer | None:
    """The layer of JSON ``samples``, by the one whose text ``tells`` of a server; ``None`` if there is none."""
    entries = [entry for line in samples if (entry := parsed(line)) is not None]
    for entry in entries:
        if _docker(entry) is not None and "stream" in entry:
            return Layer("docker-json", lambda: JsonOpener(_docker_line, _docker_block), "docker-json")
        if _journal(entry) is not None:
            return Layer("journald-json", lambda: JsonOpener(_journal), "journald-json")
        path = _text_path(entry, tells)
        if path is not None:
            return _ndjson(path)
    return None


def before_json(telling: Sequence[bytes]) -> Layer | None:
    """What stands before the objects that hold the ``telling`` lines: Fluentd's time and tag, ``data:`` of events."""
    found = [match for line in telling if (match := _BEFORE_JSON.match(line)) and parsed(line[match.end() :])]
    return prefix_layer("prefix", _BEFORE_JSON) if telling and len(found) == len(telling) else None


def _ndjson(path: Path) -> Layer:
    def open_entry(entry: Entry) -> Piece | None:
        texts = [_octets(text).removesuffix(b"\n") for text in _texts(entry, path)]
        return Piece(b"\n".join(texts), _writer(entry)) if texts else None

    return Layer("ndjson", lambda: JsonOpener(open_entry), "ndjson")


@dataclass(slots=True)
class JsonOpener:
    """Opens lines that are JSON objects; ``block`` is a faster way for whole chunks, which may decline."""

    entry: Open
    block: Callable[[Chunk], Chunk | None] | None = None
    _pieces: Pieces = field(default_factory=Pieces)

    def open(self, chunk: Chunk) -> Iterator[tuple[bytes, Chunk]]:
        """The texts of the objects; lines that are none pass as they are."""
        if self.block is not None and not self._pieces.waits:
            opened = self.block(chunk)
            if opened is not None:
                yield b"", opened
                return
        lines = chunk.lines()
        entries = _all_parsed(chunk, lines)
        pieces = (None if entry is None else self.entry(entry) for entry in entries)
        yield from self._pieces.sort(pieces, chunk, lines)

    def rest(self) -> Iterator[tuple[bytes, Chunk]]:
        """Pieces without an end."""
        return self._pieces.rest()


def parsed(line: bytes) -> Entry | None:
    """The object that a line holds, also where its text is not quite UTF-8, or where it is one of an array."""
    if not line.lstrip(b" \t[").startswith(b"{"):
        return None
    try:
        found = json.loads(line.decode("utf-8", "backslashreplace").lstrip(" \t[").rstrip("\r, ]"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _all_parsed(chunk: Chunk, lines: Sequence[bytes]) -> Sequence[Entry | None]:
    import msgspec

    try:
        found = msgspec.json.Decoder(dict[str, Any]).decode_lines(chunk.data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return [parsed(line) for line in lines]
    # Blank lines yield nothing.
    return found if len(found) == len(lines) else [parsed(line) for line in lines]


@cache
def _docker_decoder() -> "msgspec.json.Decoder[Any]":
    import msgspec

    entry = msgspec.defstruct("entry", [("log", str)])
    return msgspec.json.Decoder(entry)


def _docker_block(chunk: Chunk) -> Chunk | None:
    """A chunk in which every entry is one whole line, as nearly all are."""
    import msgspec

    try:
        texts = [entry.log for entry in _docker_decoder().decode_lines(chunk.data)]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    data = _octets("".join(texts))
    ended = len(texts) == len(chunk.numbers) == data.count(b"\n") and all(text.endswith("\n") for text in texts)
    return Chunk(data, chunk.numbers) if ended else None


def _docker(entry: Entry) -> str | None:
    text = entry.get("log")
    return text if isinstance(text, str) and "time" in entry and "kubernetes" not in entry else None


def _docker_line(entry: Entry) -> Piece | None:
    """A ``log`` without its newline is a piece of a line over 16 KiB."""
    text = _docker(entry)
    if text is None:
        return None
    octets = _octets(text)
    whole = octets.endswith(b"\n")
    return Piece(octets[:-1] if whole else octets, partial=not whole, pipe=_octets(str(entry.get("stream", ""))))


def _journal(entry: Entry) -> Piece | None:
    """``journalctl -o json``; a message that is no UTF-8 comes as a list of byte values."""
    message = entry.get("MESSAGE")
    if "__REALTIME_TIMESTAMP" not in entry and "_SYSTEMD_UNIT" not in entry and "_PID" not in entry:
        return None
    host = _octets(str(entry.get("_HOSTNAME", "")))
    if isinstance(message, list):
        return Piece(bytes(value & 0xFF for value in message if isinstance(value, int)), host)
    return Piece(_octets(message), host) if isinstance(message, str) else None


def _text_path(value: object, tells: Callable[[bytes], bool], depth: int = 0) -> Path | None:
    """Where the text is that ``tells`` of a server; ``EACH`` stands for every element of a list."""
    if isinstance(value, str):
        return () if tells(_octets(value)) else None
    if isinstance(value, (dict, list)) and depth < _DEEPEST:
        for step, inside in _steps(value):
            inner = _text_path(inside, tells, depth + 1)
            if inner is not None:
                return (step, *inner)
    return None


def _steps(value: "Entry | list[Any]") -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        for key in sorted(value, key=lambda key: (key not in TEXT_KEYS, key)):
            yield key, value[key]
        return
    # Loki's `[time, line]`.
    pair = bool(value) and isinstance(value[0], str) and value[0].isdigit()
    for number, inside in enumerate(value[:_FIRST_ELEMENTS]):
        yield number if pair else EACH, inside


def _texts(value: object, path: Path) -> Iterator[str]:
    if not path:
        if isinstance(value, str):
            yield value
        return
    step, *rest = path
    if step == EACH:
        for inside in value if isinstance(value, list) else ():
            yield from _texts(inside, tuple(rest))
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield from _texts(value[step], tuple(rest))
    elif isinstance(value, dict):
        yield from _texts(value.get(step), tuple(rest))


def _writer(entry: Entry) -> bytes:
    """Which pod, container or host the entry names, if it names one."""
    places = [entry, *(entry[key] for key in WRITER_PARENTS if isinstance(entry.get(key), dict))]
    names = {key: place[key] for place in reversed(places) for key in WRITER_KEYS if isinstance(place.get(key), str)}
    return "/".join(names[key] for key in WRITER_KEYS if key in names).encode("utf-8", "backslashreplace")


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

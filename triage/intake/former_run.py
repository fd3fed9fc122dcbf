"""Reads back what an earlier ``triage analyze --format json`` wrote, as far as comparing crashes needs it."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from triage.model import (
    FailedThread,
    Frame,
    Hex,
    Incident,
    Kind,
    Server,
    Signal,
    Signature,
    Site,
    Status,
    Thread,
    TriageError,
    Verdict,
)
from triage.model.analysis import SCHEMA

MOST_BYTES = 64 << 20
"""Of a file that is read as a former run; the JSON of a large case has a few megabytes."""

_SERVER = (
    "product", "version", "git_sha1", "build_id", "os", "arch", "mode", "tls", "io_threads", "io_threads_active",
    "malloc",
)  # fmt: skip

Json = dict[str, Any]
Model = TypeVar("Model")
_Value = int | float | str


def former_incidents(path: str) -> tuple[Incident, ...] | None:
    """The incidents of a former run; ``None`` if the file is no such output.

    Raises ``TriageError`` if it is one but cannot be understood.
    """
    document = _document(Path(path))
    if document is None:
        return None
    try:
        return tuple(_incident(entry) for entry in document["incidents"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TriageError(
            f"{path} says it is {SCHEMA}, but does not hold what that needs: {error!r}", "Analyse the log again."
        ) from error


def _document(path: Path) -> Json | None:
    try:
        if path.suffix != ".json" or path.stat().st_size > MOST_BYTES:
            return None
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and document.get("schema") == SCHEMA else None


def _incident(entry: Json) -> Incident:
    verdict, thread = entry["verdict"], entry.get("thread")
    return _made(
        Incident,
        entry,
        ("pid", "message", "current_command"),
        kind=Kind(entry["kind"]),
        server=_made(Server, entry.get("server", {}), _SERVER),
        signal=_signal(entry["signal"]) if "signal" in entry else None,
        site=_made(Site, entry["site"], ("file", "line", "function", "expression")) if "site" in entry else None,
        thread=_made(FailedThread, thread, ("tid", "name")) if thread is not None else None,
        threads=tuple(map(_thread, entry["threads"])) if "threads" in entry else None,
        instruction=_frame(entry["instruction"]) if "instruction" in entry else None,
        info=_info(entry["info"]) if "info" in entry else None,
        config=_values(entry["config"], str) if "config" in entry else None,
        signature=_made(Signature, entry["signature"], ("algorithm", "strict", "family")),
        verdict=_made(Verdict, verdict, ("issue", "title"), status=Status(verdict["status"])),
    )


def _signal(entry: Json) -> Signal:
    names = ("number", "name", "code", "code_name", "sender_pid", "sender_uid")
    return _made(Signal, entry, names, address=_hex(entry.get("address")))


def _thread(entry: Json) -> Thread:
    return _made(Thread, entry, ("tid", "name", "crashed"), frames=tuple(map(_frame, entry["frames"])))


def _frame(entry: Json) -> Frame:
    names = ("index", "function", "module", "file", "line", "inlined", "source", "trust")
    return _made(Frame, entry, names, offset=_hex(entry.get("offset")), address=_hex(entry.get("address")))


@cache
def _types(part: type) -> Json:
    return get_type_hints(part)


def _made(part: type[Model], entry: Json, names: Sequence[str], **more: object) -> Model:
    """A part of the model with the fields ``names`` as far as the entry has them, each of its type, and ``more``."""
    cls: type = part
    types = _types(cls)
    return part(**{name: _checked(entry[name], types[name]) for name in names if name in entry}, **more)


def _info(entry: Json) -> Json:
    return {_text(section): _values(keys, _Value) for section, keys in entry.items()}


def _values(entry: Json, kind: Any) -> Json:  # noqa: ANN401 - a type or a union of some
    return {_text(name): _checked(value, kind) for name, value in entry.items()}


def _checked(value: object, kind: Any) -> object:  # noqa: ANN401 - likewise
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.100} is not of the type {kind}")
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    """``value`` without lone surrogates, which JSON can spell and nothing can print."""
    return value.encode("utf-8", "replace").decode("utf-8")


def _hex(text: str | None) -> Hex | None:
    if text is None:
        return None
    number = Hex.read(text)
    if number is None:
        raise ValueError(f"{text!r:.100} is no address")
    return number

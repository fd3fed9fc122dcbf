"""Reads back what an earlier ``triage analyze --format json`` wrote, as far as comparing crashes needs it."""

import json
from pathlib import Path
from typing import Any

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
    verdict = entry["verdict"]
    thread = entry.get("thread")
    return Incident(
        kind=Kind(entry["kind"]),
        pid=entry.get("pid"),
        server=Server(**_picked(entry.get("server", {}), _SERVER)),
        signal=_signal(entry["signal"]) if "signal" in entry else None,
        site=Site(**_picked(entry["site"], ("file", "line", "function", "expression"))) if "site" in entry else None,
        message=entry.get("message"),
        thread=FailedThread(thread.get("tid"), thread.get("name")) if thread else None,
        threads=tuple(_thread(each) for each in entry["threads"]) if "threads" in entry else None,
        instruction=_frame(entry["instruction"]) if "instruction" in entry else None,
        current_command=entry.get("current_command"),
        info=entry.get("info"),
        config=entry.get("config"),
        signature=Signature(**_picked(entry["signature"], ("algorithm", "strict", "family"))),
        verdict=Verdict(Status(verdict["status"]), verdict.get("issue"), verdict.get("title")),
    )


def _signal(entry: Json) -> Signal:
    names = ("number", "name", "code", "code_name", "sender_pid", "sender_uid")
    return Signal(**_picked(entry, names), address=_hex(entry.get("address")))


def _thread(entry: Json) -> Thread:
    frames = tuple(_frame(each) for each in entry["frames"])
    return Thread(entry.get("tid"), entry.get("name"), entry.get("crashed"), frames)


def _frame(entry: Json) -> Frame:
    names = ("index", "function", "module", "file", "line", "inlined", "source", "trust")
    return Frame(**_picked(entry, names), offset=_hex(entry.get("offset")), address=_hex(entry.get("address")))


def _picked(entry: Json, names: tuple[str, ...]) -> Json:
    return {name: entry[name] for name in names if name in entry}


def _hex(text: str | None) -> Hex | None:
    return Hex(int(text, 16)) if text is not None else None

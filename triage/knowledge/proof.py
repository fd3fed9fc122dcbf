"""Finds the line of the report that states a fact, so that every reason can be looked up."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from triage.knowledge.facts import Facts
from triage.model import Evidence, RawLine
from triage.signature.stack import crashed_frames

Test = Callable[[str], bool]
_WORDS: Mapping[str, str] = {
    "server.version": "_version:{value}",
    "server.io_threads": "io-threads {value}",
    "server.io_threads_active": "io_threads_active:",
    "server.tls": "name=tls",
    "server.arch": " {value}",
    "server.malloc": "mem_allocator:",
    "server.mode": "_mode:{value}",
    "site.file": "{file}:",
    "site.line": "{file}:{value}",
    "site.expression": "'{expression}' is not true",
    "message": "{value}",
    "current_command": "cmd={value}",
    "report.lines": "{value}",
    "report.arguments": "{value}",
    "signal.address": "Accessing address: ",
}
"""Text of the line that states a fact."""
_BY_ROOM: Mapping[str, str] = {"signal": "by signal: ", "config": "{key} {value}", "info": "{key}:{value}"}
"""The same for facts below these, by their last key."""
_STACK = "stack."


def proof(facts: Facts, path: str, shown: object) -> tuple[Evidence, ...]:
    """The line that states a fact, or the part of it that is ``shown``; empty if none can be pointed at."""
    if facts.get(path) is None or facts.incident.input is None:
        return ()
    lines = _frames(facts, str(shown)) if path.startswith(_STACK) else _lines(facts, path, shown)
    return tuple(Evidence(facts.incident.input, raw.text, raw.line) for raw in lines)[:1]


def _frames(facts: Facts, shown: str) -> Iterator[RawLine]:
    """Where the stack names the function, or the innermost of several."""
    name = shown.partition(" below ")[0]
    frames = crashed_frames(facts.incident)
    if len(frames) != len(facts.signature.frames):
        return
    wanted = {
        frame.log_line
        for frame, signed in zip(frames, facts.signature.frames, strict=True)
        if name in (signed.function, frame.module and PurePosixPath(frame.module).name)
    }
    yield from (raw for raw in facts.incident.raw if raw.line in wanted)


def _lines(facts: Facts, path: str, shown: object) -> Iterator[RawLine]:
    words = _WORDS.get(path) or _BY_ROOM.get(path.partition(".")[0])
    if words is None:
        return
    site = facts.incident.site
    wanted = words.format(
        value=shown if path.startswith("report.") else facts.get(path),
        key=path.rpartition(".")[2],
        file=PurePosixPath(site.file).name if site and site.file else None,
        expression=site.expression if site else None,
    )
    yield from (raw for raw in facts.incident.raw if wanted in raw.text)

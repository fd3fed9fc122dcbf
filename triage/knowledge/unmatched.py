"""What to say honestly about a crash that no known issue fits."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from string import Template
from typing import Any

from triage.knowledge.ownership import owning_module
from triage.knowledge.provoked import debug_command
from triage.knowledge.versions import parse_version
from triage.model import Incident, Kind, Signature
from triage.resources import toml_table

_TELLING_KINDS = frozenset({Kind.OUT_OF_MEMORY, Kind.MEMORY_TEST_FAILED})
"""Kinds that are an answer by themselves, even without site, message or stack."""
_MAY_BE_MENDED = frozenset({Kind.ASSERTION, Kind.PANIC, Kind.SIGNAL, Kind.OUT_OF_MEMORY, Kind.VANISHED})
"""Kinds that a bug can be behind, so that a newer version or an issue upstream can be the answer."""
_DATA_FILES = (
    "RDB",
    "rdb ",
    "AOF",
    "append only",
    "append log",
    "append-only",
    "loading the DB",
    "load DB",
    "loading DB",
)
_UNWRITABLE = ("AOF write error", "AOF for fsync", "writing to the append-only file", "Short write")
_QUOTE_LIMIT = 120


@cache
def _texts() -> Mapping[str, Any]:
    return toml_table(Path(__file__).with_name("advice.toml"))


def is_too_poor(incident: Incident, signature: Signature) -> bool:
    """Whether the incident shows neither where nor why it failed, so that nothing can be compared."""
    has_site = incident.site is not None and incident.site.file is not None
    return not (has_site or incident.message or not signature.poor or incident.kind in _TELLING_KINDS)


def _lacks_report(incident: Incident, signature: Signature) -> bool:
    """Whether a report would tell what is not known; a process that vanished wrote none."""
    wrote_none = incident.kind is Kind.VANISHED or incident.is_of_a_running_process
    return is_too_poor(incident, signature) and not wrote_none


def unmatched_title(incident: Incident, signature: Signature) -> str:
    """One line that says what is known, and that no known issue fits."""
    section = "not-enough-evidence" if _lacks_report(incident, signature) else _section(incident, signature)
    return _filled(_texts()[section]["titles"], _words(incident, signature))[0]


def generic_advice(incident: Incident, signature: Signature) -> tuple[str, ...]:
    """What to do next, by kind of incident, with search terms and branch filled in."""
    words = _words(incident, signature)
    sections = ["module"] if "module" in words else []
    sections += ["not-enough-evidence"] if _lacks_report(incident, signature) else []
    sections += [_section(incident, signature), "always"]
    sentences = [sentence for name in sections for sentence in _texts()[name]["advice"]]
    return tuple(_filled(sentences, words))


def _section(incident: Incident, signature: Signature) -> str:
    if incident.is_of_a_running_process:
        return "core-of-a-running-process"
    if debug_command(incident, signature):
        return "debug-command"
    return "signal-sent" if was_sent(incident) else str(incident.kind)


def was_sent(incident: Incident) -> bool:
    """Whether a process sent the signal, so that the server did not fail by itself."""
    return incident.kind is Kind.SIGNAL and incident.signal is not None and incident.signal.sent


def _filled(sentences: Iterable[str], words: Mapping[str, str]) -> list[str]:
    """The sentences all of whose words are known."""
    templates = (Template(sentence) for sentence in sentences)
    return [t.substitute(words) for t in templates if words.keys() >= set(t.get_identifiers())]


def _words(incident: Incident, signature: Signature) -> dict[str, str]:
    server, site, signal = incident.server, incident.site, incident.signal
    version = parse_version(server.version)
    released = version if version and not version.development else None
    mendable = _may_be_mended(incident, signature)
    culprit = next((f.function for f in signature.frames if f.role == "culprit"), None)
    words = {
        "kind": str(incident.kind),
        "file": PurePosixPath(site.file).name if site and site.file else None,
        "expression": _quote(site.expression) if site and site.expression else None,
        "message": _quote(incident.message) if incident.message and incident.kind is Kind.PANIC else None,
        "signal": (signal.name or f"signal {signal.number}") if signal else None,
        "sender": _sender(incident),
        "culprit": culprit,
        "module": owning_module(incident, signature),
        "product": server.product,
        "version": server.version if released else None,
        "branch": f"{released.major}.{released.minor}" if released and mendable else None,
        "tracker": _texts()["trackers"].get(server.product or ""),
        "search": _search_terms(incident, culprit) if mendable else None,
        "debug": debug_command(incident, signature),
        **_of_an_end(incident),
    }
    return {name: value for name, value in words.items() if value}


def _may_be_mended(incident: Incident, signature: Signature) -> bool:
    if was_sent(incident) or incident.is_of_a_running_process or debug_command(incident, signature):
        return False
    return incident.kind in _MAY_BE_MENDED


def _of_an_end(incident: Incident) -> dict[str, str | None]:
    """Words for a process that said itself why it ended, or of which others say that it was killed."""
    message = incident.message or ""
    if incident.kind is Kind.VANISHED:
        return {"notice": "the log holds a notice that it was killed" if message else None}
    if incident.kind is not Kind.FATAL_EXIT:
        return {}
    unwritable = any(words in message for words in _UNWRITABLE)
    damaged = not unwritable and any(words in message for words in _DATA_FILES)
    return {
        "data_tool": ("redis" if incident.server.product == "redis" else "valkey") if damaged else None,
        "unwritable": "the server could not write there" if unwritable else None,
    }


def _sender(incident: Incident) -> str | None:
    """The process that sent the signal: 0 if it is outside the container, and it may be the server itself."""
    sender = incident.signal.sender_pid if incident.signal else None
    return str(sender) if sender and sender != incident.pid else None


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTE_LIMIT else line[: _QUOTE_LIMIT - 1] + "…"


def _search_terms(incident: Incident, culprit: str | None) -> str | None:
    site = incident.site
    terms = [PurePosixPath(site.file).name if site and site.file else None]
    terms.append(f'"{_quote(site.expression)}"' if site and site.expression else None)
    terms.append(f'"{_quote(incident.message)}"' if incident.kind is Kind.PANIC and incident.message else None)
    terms.append(culprit)
    return " ".join(term for term in terms if term) or None

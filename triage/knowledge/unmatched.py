"""What to say honestly about a crash that no known issue fits."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from string import Template
from typing import Any

from triage.knowledge.ownership import owning_module
from triage.knowledge.versions import parse_version
from triage.model import Incident, Kind, Signature
from triage.resources import toml_table

_TELLING_KINDS = frozenset({Kind.OUT_OF_MEMORY, Kind.MEMORY_TEST_FAILED})
"""Kinds that are an answer by themselves, even without site, message or stack."""
_QUOTE_LIMIT = 120


@cache
def _texts() -> Mapping[str, Any]:
    return toml_table(Path(__file__).with_name("advice.toml"))


def is_too_poor(incident: Incident, signature: Signature) -> bool:
    """Whether the incident shows neither where nor why it failed, so that nothing can be compared."""
    has_site = incident.site is not None and incident.site.file is not None
    return not (has_site or incident.message or not signature.poor or incident.kind in _TELLING_KINDS)


def unmatched_title(incident: Incident, signature: Signature) -> str:
    """One line that says what is known, and that no known issue fits."""
    section = "not-enough-evidence" if is_too_poor(incident, signature) else _section(incident)
    return _filled(_texts()[section]["titles"], _words(incident, signature))[0]


def generic_advice(incident: Incident, signature: Signature) -> tuple[str, ...]:
    """What to do next, by kind of incident, with search terms and branch filled in."""
    words = _words(incident, signature)
    sections = ["module"] if "module" in words else []
    sections += ["not-enough-evidence"] if is_too_poor(incident, signature) else []
    sections += [_section(incident), "always"]
    sentences = [sentence for name in sections for sentence in _texts()[name]["advice"]]
    return tuple(_filled(sentences, words))


def _section(incident: Incident) -> str:
    return "signal-sent" if _was_sent(incident) else str(incident.kind)


def _was_sent(incident: Incident) -> bool:
    return incident.kind is Kind.SIGNAL and incident.signal is not None and incident.signal.sent


def _filled(sentences: Iterable[str], words: Mapping[str, str]) -> list[str]:
    """The sentences all of whose words are known."""
    templates = (Template(sentence) for sentence in sentences)
    return [t.substitute(words) for t in templates if words.keys() >= set(t.get_identifiers())]


def _words(incident: Incident, signature: Signature) -> dict[str, str]:
    server, site, signal = incident.server, incident.site, incident.signal
    version = parse_version(server.version)
    released = version if version and not version.development else None
    culprit = next((f.function for f in signature.frames if f.role == "culprit"), None)
    words = {
        "kind": str(incident.kind),
        "file": PurePosixPath(site.file).name if site and site.file else None,
        "expression": _quote(site.expression) if site and site.expression else None,
        "message": _quote(incident.message) if incident.message else None,
        "signal": (signal.name or f"signal {signal.number}") if signal else None,
        "sender": _sender(incident),
        "culprit": culprit,
        "module": owning_module(incident, signature),
        "product": server.product,
        "version": server.version if released else None,
        "branch": f"{released.major}.{released.minor}" if released else None,
        "tracker": _texts()["trackers"].get(server.product or ""),
        "search": _search_terms(incident, culprit),
    }
    return {name: value for name, value in words.items() if value}


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

"""What configuration files and answers to INFO that came with a log add to it.

A configuration file speaks for the server whose log lies beside it. INFO describes one moment of one process: it
counts only for the process that died, and only what does not change while a process lives.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import PurePosixPath
from typing import Any

from triage.cases.joined import server_by_both
from triage.logs.report_server import read_server
from triage.logs.settings_files import Settings, Stated, as_info
from triage.model import Evidence, Finding, Incident, Outcome, Server
from triage.model.whole_number import whole_number
from triage.records import dataclass

FINDING, TITLE = "settings-files", "What the configuration file and INFO add"
_CONTAINERS_PROCESS = 1
"""Every server in a container has this pid, the one before a restart too."""
_LINES_OF_INFO = {
    "product": ("valkey_version", "redis_version"),
    "version": ("valkey_version", "redis_version"),
    "git_sha1": ("redis_git_sha1",),
    "build_id": ("redis_build_id",),
    "os": ("os",),
    "arch": ("os",),
    "mode": ("server_mode", "redis_mode"),
    "tls": ("listener0", "listener1", "listener2"),
    "modules": ("module",),
    "malloc": ("mem_allocator",),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """A fact of a file about the server, by its field of ``Server``."""

    field: str
    value: Any
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class SettingsFiles:
    """The configuration files and the answers to INFO of a case, by the names of their inputs."""

    configurations: Mapping[str, Settings]
    answers: Mapping[str, Settings]

    def add_to(self, incident: Incident) -> Incident:
        """The incident with what its log does not state, and a finding that says from which lines it comes."""
        told: list[_Told] = []
        remarks: list[str] = []
        for name, settings in _beside(incident.input, self.configurations):
            remarks += _included(_short(name), settings)
            told += _of_configuration(settings)
        for name, settings in _beside(incident.input, self.answers):
            stranger = _stranger(incident, settings)
            if stranger is None:
                told += _of_info(settings)
            else:
                remarks.append(f"Nothing of {_short(name)} is taken: {stranger}.")
        if not told and not remarks:
            return incident
        finding = _finding(incident.server, told, remarks)
        server = server_by_both(incident.server, Server(**{fact.field: fact.value for fact in reversed(told)}))
        return replace(incident, server=server, findings=(*incident.findings, finding))


def _beside(log: str | None, files: Mapping[str, Settings]) -> Iterable[tuple[str, Settings]]:
    """The file that speaks for a log: the only one in its directory, else the only one of the case."""
    near = {name: settings for name, settings in files.items() if log is not None and _place(name) == _place(log)}
    found = near or files
    return found.items() if len(found) == 1 else ()


def _place(name: str) -> PurePosixPath:
    return _path(name).parent


def _path(name: str) -> PurePosixPath:
    """Where an input lies; a member's name stands behind its archive's and an exclamation mark."""
    return PurePosixPath(name.replace("!", "/"))


def _of_configuration(settings: Settings) -> Iterator[_Told]:
    """Of a directive that stands more than once the last counts, as for the server."""
    last = {name: values[-1] for name, values in settings.items()}
    if (threads := last.get("io-threads")) and (count := whole_number(threads.value)) is not None:
        yield _Told("io_threads", count, threads.evidence)
    if (port := last.get("tls-port")) and (number := whole_number(port.value)) is not None:
        yield _Told("tls", number != 0, port.evidence)
    if (cluster := last.get("cluster-enabled")) and cluster.value.lower() == "yes":
        yield _Told("mode", "cluster", cluster.evidence)
    elif monitor := _sentinel(settings):
        yield _Told("mode", "sentinel", monitor.evidence)


def _sentinel(settings: Settings) -> Stated | None:
    return next((stated for stated in settings.get("sentinel", ()) if stated.value.startswith("monitor ")), None)


def _included(name: str, settings: Settings) -> Iterator[str]:
    count = len(settings.get("include", ()))
    if count:
        yield f"{name} includes {count} other file{'s' if count > 1 else ''}, which may say otherwise."


def _of_info(settings: Settings) -> Iterator[_Told]:
    server = read_server((), as_info(settings), None, (), {}, None)
    for field, keys in _LINES_OF_INFO.items():
        value = getattr(server, field)
        line = next((settings[key][0] for key in keys if key in settings), None)
        if value is not None and line is not None:
            yield _Told(field, value, line.evidence)


def _stranger(incident: Incident, settings: Settings) -> str | None:
    """Why an answer to INFO is not of the process that died; ``None`` if it is."""
    pid = next((stated.value for stated in settings.get("process_id", ())), None)
    if incident.pid is None or pid is None:
        return "whether it is of the process that died is not known"
    if pid != str(incident.pid):
        return f"it is of process {pid}, the one that died is {incident.pid}"
    if incident.pid == _CONTAINERS_PROCESS:
        return "in a container every server is process 1, so it may be of the one that was started afterwards"
    versions = {told.value for told in _of_info(settings) if told.field == "version"}
    if incident.server.version is not None and versions and incident.server.version not in versions:
        return f"it is of version {versions.pop()}, the server that died of {incident.server.version}"
    return None


def _short(name: str) -> str:
    return _path(name).name


def _by_file(facts: Iterable[_Told]) -> Iterator[tuple[str, str]]:
    """Each file with the lines that tell these facts."""
    lines: dict[str, dict[str, None]] = {}
    for fact in facts:
        lines.setdefault(_short(fact.evidence.input), {})[fact.evidence.text.strip()] = None
    return ((name, ", ".join(told)) for name, told in lines.items())


def _finding(server: Server, told: Iterable[_Told], remarks: Iterable[str]) -> Finding:
    known = {at.name: getattr(server, at.name) for at in fields(server)}
    facts = list({fact.field: fact for fact in reversed(list(told))}.values())[::-1]
    added = [fact for fact in facts if known[fact.field] is None]
    differ = [fact for fact in facts if known[fact.field] is not None and known[fact.field] != fact.value]
    sentences = [f"{name} adds {lines}." for name, lines in _by_file(added)]
    sentences += [
        f"{name} says {lines}; the log, which is believed, shows {fact.field} {known[fact.field]}."
        for fact in differ
        for name, lines in _by_file([fact])
    ]
    agree = [fact for fact in facts if fact not in added and fact not in differ]
    if agree and not added and not differ:
        sentences.append("They say the same as the log.")
    return Finding(
        FINDING,
        TITLE,
        Outcome.NEUTRAL,
        0.0,
        " ".join((*sentences, *remarks)),
        {"added": [fact.field for fact in added], "differ": [fact.field for fact in differ]},
        tuple(fact.evidence for fact in (*added, *differ, *agree)),
    )

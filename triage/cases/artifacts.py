"""What a case holds besides logs: cores and binaries. Reads them, and gives each core to the failure it is of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from triage.cases.core_stacks import CoreFiles
from triage.cases.dead_process import DeadProcess, as_incident, dead_process
from triage.cases.joined import apart, join
from triage.cases.same_death import find_incident, likeness
from triage.cases.silent_log import is_silent_about, with_process
from triage.cores import Core, CoreError, read_core
from triage.logs.scanned import LogScan
from triage.model import Incident, Problem
from triage.symbols.binaries import Binaries
from triage.symbols.find_files import SearchPath

Logged = tuple[LogScan, Sequence[Incident]]
"""A log and its incidents."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The incidents of each log, joined with the cores that are theirs, and those of the cores that are nobody's."""

    by_log: tuple[tuple[Incident, ...], ...]
    others: tuple[Incident, ...]


class Artifacts:
    """The cores and binaries of a case, by the names of their inputs. They must stay readable while this lives."""

    def __init__(
        self,
        cores: Mapping[str, Path],
        binaries: Mapping[str, Path],
        search: SearchPath,
        cache_directory: Path | None,
    ) -> None:
        self._binaries = Binaries(binaries, search, cache_directory)
        self._files = CoreFiles(self._binaries)
        self._problems: dict[str, tuple[Problem, ...]] = {}
        self._cores = [core for name, path in cores.items() if (core := self._read(name, path)) is not None]

    @property
    def hold_a_core(self) -> bool:
        """Whether any core could be read."""
        return bool(self._cores)

    def with_names(self, incident: Incident) -> Incident:
        """The incident of a log with functions, files and lines from the binaries, and what would tell more."""
        if not incident.threads:
            return incident
        threads = self._binaries.resolve(incident.threads, incident.registers)
        return replace(incident, threads=threads, missing=self._binaries.missing)

    def share_out(self, logs: Sequence[Logged]) -> Shared:
        """Give every core to the failure that it is of, or to the log of its process if that holds no report."""
        by_log = [list(incidents) for _, incidents in logs]
        others: list[Incident] = []
        for core in self._cores:
            if (place := _failure(by_log, core)) is not None:
                log, at = place
                by_log[log][at] = self._joined(by_log[log][at], core)
            elif (home := next((at for at, log in enumerate(logs) if is_silent_about(core, *log)), None)) is not None:
                by_log[home].append(with_process(self._alone(core), logs[home][0]))
            else:
                others.append(self._apart(core, [incident for _, found in logs for incident in found]))
        self._binaries.resolver.save()
        return Shared(tuple(tuple(found) for found in by_log), tuple(others))

    def problems(self, name: str) -> tuple[Problem, ...]:
        """What was wrong with an input."""
        refused = self._binaries.resolver.problems if any(core.name == name for core in self._cores) else ()
        found = (*self._problems.get(name, ()), *self._binaries.problems(name), *refused)
        return tuple(dict.fromkeys(found))

    def _read(self, name: str, path: Path) -> Core | None:
        try:
            core = replace(read_core(path, self._files.image_of), name=name)
        except CoreError as error:
            self._problems[name] = (Problem(str(error), error.hint),)
            return None
        self._problems[name] = core.problems
        return core

    def _alone(self, core: Core) -> Incident:
        return as_incident(self._dead(core, None), self._files)

    def _apart(self, core: Core, logged: Sequence[Incident]) -> Incident:
        told = self._alone(core)
        return replace(told, findings=(apart(told, logged),)) if logged else told

    def _joined(self, incident: Incident, core: Core) -> Incident:
        blamed = incident.thread.tid if incident.thread else None
        dead = self._dead(core, blamed)
        return join(incident, dead, self._files, self._binaries.resolver, likeness(incident, core, None))

    def _dead(self, core: Core, blamed: int | None) -> DeadProcess:
        return dead_process(core, self._files, self._binaries.resolver, blamed)


def _failure(logs: Sequence[Sequence[Incident]], core: Core) -> tuple[int, int] | None:
    """The log, and in it the incident, that a core is of."""
    for log, incidents in enumerate(logs):
        at = find_incident(incidents, core, None)
        if at is not None:
            return log, at
    return None

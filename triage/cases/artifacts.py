"""What a case holds besides logs: cores and binaries. Reads them, and gives each core to the failure it is of."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from triage.cases.core_stacks import CoreFiles
from triage.cases.core_state import clock_of, state_of, with_state
from triage.cases.dead_process import DeadProcess, as_incident, dead_process
from triage.cases.joined import apart, join
from triage.cases.same_death import find_incident, likeness
from triage.cases.silent_log import is_silent_about, with_process
from triage.cores import Core, CoreError, read_core
from triage.logs.scanned import LogScan
from triage.model import Incident, Instant, Problem, ServerState
from triage.records import dataclass
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
        *,
        user_data: bool = False,
    ) -> None:
        """``user_data``: show what clients sent and how they are called."""
        self._user_data = user_data
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
            dead = dead_process(core, self._files, self._binaries.resolver)
            state = self._state(dead)
            if (place := _failure(by_log, core, clock_of(state))) is not None:
                log, at = place
                by_log[log][at] = self._joined(by_log[log][at], dead, state)
                continue
            alone = with_state(as_incident(dead, self._files), state)
            home = next((at for at, log in enumerate(logs) if is_silent_about(core, *log)), None)
            if home is not None:
                by_log[home].append(with_process(alone, logs[home][0]))
            else:
                logged = [incident for _, found in logs for incident in found]
                others.append(replace(alone, findings=(apart(alone, logged), *alone.findings)) if logged else alone)
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

    def _joined(self, incident: Incident, dead: DeadProcess, state: ServerState | None) -> Incident:
        blamed = incident.thread.tid if incident.thread else None
        if blamed is not None and dead.failed is not None and dead.failed.tid != blamed:
            dead = dead_process(dead.core, self._files, self._binaries.resolver, blamed)
            state = self._state(dead)
        like = likeness(incident, dead.core, clock_of(state))
        joined = join(incident, dead, self._files, self._binaries.resolver, like)
        # A process that left no report is told by its core alone.
        return replace(joined, state=state) if incident.report is not None else with_state(joined, state)

    def _state(self, dead: DeadProcess) -> ServerState | None:
        name = dead.core.name
        state, problems = state_of(dead, self._files.main_program(dead.core), user_data=self._user_data)
        self._problems[name] = (*self._problems.get(name, ()), *problems)
        return state


def _failure(logs: Sequence[Sequence[Incident]], core: Core, clock: Instant | None) -> tuple[int, int] | None:
    """The log, and in it the incident, that a core is of."""
    for log, incidents in enumerate(logs):
        at = find_incident(incidents, core, clock)
        if at is not None:
            return log, at
    return None

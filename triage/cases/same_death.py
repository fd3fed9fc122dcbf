"""Which core belongs to which incident of a log: by process id, thread ids, and the addresses that both name."""

from collections.abc import Sequence

from triage.cores import Core
from triage.model import Incident, Instant, Kind
from triage.records import dataclass

_DEATHS = frozenset((
    Kind.ASSERTION, Kind.PANIC, Kind.SIGNAL, Kind.OUT_OF_MEMORY, Kind.MEMORY_TEST_FAILED, Kind.VANISHED,
))  # fmt: skip
"""What can leave a core: a fatal exit does not, and a watchdog's report is about a process that lives on."""
ENOUGH_FIT = 0.8
"""Share of a log's code addresses that must be code of the core: a damaged log may garble some."""
_ENOUGH_ADDRESSES = 3
_LOWEST_RANDOM = 1 << 32
"""A program that is not position-independent has the same addresses in every process."""
MOST_APART_MS = 10 * 60_000
"""Between the report and the server's own clock in the core; writing a report with a memory test takes minutes."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whether a core and an incident agree: in the process id, the code addresses, the failing thread, the time.

    ``None`` where one of them does not say.
    """

    pid: bool | None
    addresses: bool | None
    tid: bool | None
    time: bool | None

    @property
    def same(self) -> bool:
        """Whether both are about one death. Addresses are random from one start to the next, so they decide first."""
        if self.time is False:
            return False
        if self.addresses is not None:
            return self.addresses and not (self.pid is False and self.tid is False)
        return bool(self.pid) and self.tid is not False


def likeness(incident: Incident, core: Core, clock: Instant | None) -> Likeness:
    """Compare an incident of a log with a core; ``clock`` is the dead server's own time, read from the core."""
    pid = core.process.pid if core.process else None
    known = None if incident.pid is None or pid is None else incident.pid == pid
    tids = {thread.tid for thread in core.threads}
    failed = incident.thread.tid if incident.thread else None
    return Likeness(
        pid=known,
        addresses=_addresses_fit(incident, core),
        # The memory test may have ended the thread before the core was written, never while it lived on as another's.
        tid=True if failed is not None and failed in tids else None,
        time=_times_fit(incident.time, clock),
    )


def find_incident(incidents: Sequence[Incident], core: Core, clock: Instant | None) -> int | None:
    """The index of the incident that the core is of, ``None`` if it is of none; the last one if several fit."""
    alike = [
        (index, likeness(incident, core, clock))
        for index, incident in enumerate(incidents)
        if incident.kind in _DEATHS and incident.role != "child"
    ]
    same = [(like.addresses is True, like.tid is True, index) for index, like in alike if like.same]
    return max(same)[2] if same else None


def _addresses_fit(incident: Incident, core: Core) -> bool | None:
    """Whether the report's frames are code of the process; ``None`` if too few are told to be sure."""
    told = {frame.address for thread in incident.threads or () for frame in thread.frames if frame.address}
    program = {address for address in told if address >= _LOWEST_RANDOM}
    if len(program) < _ENOUGH_ADDRESSES:
        return None
    fitting = sum(core.modules.at(address) is not None for address in program)
    return fitting >= ENOUGH_FIT * len(program)


def _times_fit(time: Instant | None, clock: Instant | None) -> bool | None:
    """``None`` unless the log's zone is known: whole hours apart may be another zone."""
    if time is None or clock is None:
        return None
    apart = abs(time.wall_ms - clock.wall_ms - (time.utc_offset_minutes or 0) * 60_000)
    if time.utc_offset_minutes is None:
        quarter = 15 * 60_000
        apart = min(apart % quarter, quarter - apart % quarter) if apart <= 14 * 60 * 60_000 else apart
    return apart <= MOST_APART_MS

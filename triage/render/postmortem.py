"""A postmortem in Markdown: filled in as far as the evidence goes, the rest left as marked blanks for people."""

from collections.abc import Iterator, Mapping

from triage.model import Analysis, Finding, Incident, Instant
from triage.records import dataclass
from triage.render import wording
from triage.render.alike import alike, left_out, told_in_full
from triage.render.headline import Fact, ending
from triage.render.markdown import markdown_page

_MOST_INCIDENTS = 10
_MOST_BURSTS = 10
_MS_PER_MINUTE = 60_000
_AOF: Mapping[int | None, str] = {0: "off: what was not in the last RDB is lost", 1: "on"}


@dataclass(frozen=True, slots=True)
class Event:
    """A moment of the timeline and what happened then."""

    at: Instant
    what: str

    @property
    def when(self) -> str:
        """In UTC if the zone is known, else by the server's own clock."""
        return wording.moment(in_utc(self.at))


def to_postmortem(analysis: Analysis) -> str:
    """One document for the whole case."""
    groups = alike(analysis.incidents)
    told = told_in_full(groups, _MOST_INCIDENTS)
    incidents = tuple(entry.incident for entry in told)
    zone = _one_zone(incidents)
    found = dict.fromkeys(Event(_zoned(event.at, zone), event.what) for event in _events(analysis, incidents))
    events = sorted(found, key=lambda event: in_utc(event.at).wall_ms)
    return markdown_page(
        "postmortem.md.j2",
        analysis=analysis,
        told=told,
        causes=[group.first.incident for group in groups[:_MOST_INCIDENTS]],
        left_out=left_out(groups, told),
        events=events,
        zone_known=all(event.at.utc_offset_minutes is not None for event in events),
        impact=[fact for incident in incidents for fact in impact(incident)],
    )


def in_utc(at: Instant) -> Instant:
    """The same moment in UTC; as it is if its zone is not known."""
    if at.utc_offset_minutes is None:
        return at
    return Instant(at.wall_ms - at.utc_offset_minutes * _MS_PER_MINUTE, 0)


def impact(incident: Incident) -> list[Fact]:
    """What the report itself says of who and what was hit."""
    known = {key: value for section in (incident.info or {}).values() for key, value in section.items()}
    clients = incident.clients.count if incident.clients else known.get("connected_clients")
    pairs = (
        ("Role of the server", incident.role),
        ("Connections that were lost", f"{clients:,}" if isinstance(clients, int) else None),
        ("Replicas that lost their primary", _count(known, "connected_slaves") or None),
        ("Commands per second before", _count(known, "instantaneous_ops_per_sec")),
        ("Changes since the last RDB save", _count(known, "rdb_changes_since_last_save")),
        ("AOF", _AOF.get(_number(known, "aof_enabled"))),
    )
    return [Fact(label, value) for label, value in pairs if value]


def _one_zone(incidents: tuple[Incident, ...]) -> int | None:
    """The zone, in minutes, that all failures agree on (INFO may tell it; lines seldom do)."""
    zones = {incident.time.utc_offset_minutes for incident in incidents if incident.time}
    return zones.pop() if len(zones) == 1 else None


def _zoned(at: Instant, zone: int | None) -> Instant:
    return Instant(at.wall_ms, zone) if at.utc_offset_minutes is None else at


def _events(analysis: Analysis, incidents: tuple[Incident, ...]) -> Iterator[Event]:
    for entry in analysis.inputs:
        if entry.first_time and entry.last_time:
            yield Event(entry.first_time, "The log begins.")
            yield Event(entry.last_time, "The log ends.")
    for incident in incidents:
        failed = incident.time
        if failed is None:
            continue
        pid = "" if incident.pid is None else f" (pid {incident.pid})"
        uptime = incident.server.uptime_seconds
        # Within the first second nothing is known but that the start came before the failure.
        if uptime:
            started = Instant(failed.wall_ms - uptime * 1000, failed.utc_offset_minutes)
            yield Event(started, f"The server{pid} was started (to the second: failure less uptime).")
        for finding in incident.findings:
            yield from _bursts(finding)
        yield Event(failed, f"The server{pid} {ending(incident)}.")


def _bursts(finding: Finding) -> Iterator[Event]:
    bursts = finding.data.get("bursts")
    for burst in bursts[-_MOST_BURSTS:] if isinstance(bursts, list | tuple) else ():
        start = wording.instant(burst.get("start")) if isinstance(burst, Mapping) else None
        if start is not None:
            count = burst.get("count")
            errors = wording.plural(count, "error") if isinstance(count, int) else "errors"
            yield Event(start, f"A burst of TLS errors begins: {errors}.")


def _number(known: Mapping[str, object], key: str) -> int | None:
    value = known.get(key)
    return value if isinstance(value, int) else None


def _count(known: Mapping[str, object], key: str) -> str | None:
    value = _number(known, key)
    return f"{value:,}" if value else None

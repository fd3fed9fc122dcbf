"""What two analyses have in common and what changed: before and after an upgrade, one node and another."""

from collections.abc import Iterable, Iterator, Mapping

from triage.model import Analysis, Finding, Incident
from triage.records import dataclass
from triage.render import headline, wording
from triage.render.headline import Fact


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that differs; ``None`` is a side that does not have it."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two incidents of the two sides that are the same bug, and how surely: ``same variant``, ``same bug``."""

    before: Incident
    after: Incident
    sameness: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``pairs`` are incidents of the same bug; ``gone`` and ``new`` are those of one side only."""

    pairs: tuple[Pair, ...]
    gone: tuple[Incident, ...]
    new: tuple[Incident, ...]
    server: tuple[Change, ...]
    config: tuple[Change, ...]
    figures: tuple[Change, ...]
    findings: tuple[Change, ...]
    same: tuple[Fact, ...]

    @property
    def same_bug(self) -> bool | None:
        """Whether both sides show the same bug; ``None`` if one of them shows no failure."""
        if self.pairs:
            return True
        return False if self.gone and self.new else None


SAME_VARIANT, SAME_BUG, SAME_ISSUE = "same variant", "same bug", "same known issue"
_FIGURES = (
    "used_memory", "used_memory_rss", "used_memory_peak", "maxmemory", "mem_fragmentation_ratio", "connected_clients",
    "maxclients", "blocked_clients", "instantaneous_ops_per_sec", "total_commands_processed",
    "total_connections_received", "rejected_connections", "evicted_keys", "expired_keys", "connected_slaves",
    "rdb_changes_since_last_save", "aof_enabled", "io_threads_active",
)  # fmt: skip


def compare(before: Analysis, after: Analysis) -> Comparison:
    """The two sides set against each other; facts of the server are taken from each side's first incident."""
    pairs, gone, new = _matched(before.incidents, after.incidents)
    one, other = _telling(before), _telling(after)
    server = list(_changes(_server(one), _server(other)))
    return Comparison(
        pairs=tuple(pairs),
        gone=tuple(gone),
        new=tuple(new),
        server=tuple(change for change in server if change.before != change.after),
        config=_differing(one.config if one else None, other.config if other else None),
        figures=_differing(_figures(one), _figures(other)),
        findings=_differing(_answers(before), _answers(after)),
        same=tuple(Fact(item.label, item.before) for item in server if item.before and item.before == item.after),
    )


def sameness(one: Incident, other: Incident) -> str | None:
    """How the two incidents are the same, by their signatures, else by their verdicts; ``None`` if they are not."""
    if one.kind is other.kind and one.signature.strict and one.signature.strict == other.signature.strict:
        return SAME_VARIANT
    if one.signature.family and one.signature.family == other.signature.family:
        return SAME_BUG
    sure = all(side.verdict.status.value == "known" for side in (one, other))
    return SAME_ISSUE if sure and one.verdict.issue and one.verdict.issue == other.verdict.issue else None


def _matched(
    before: Iterable[Incident], after: Iterable[Incident]
) -> tuple[list[Pair], list[Incident], list[Incident]]:
    pairs, gone, left = [], [], list(after)
    for incident in before:
        found = [(how, other) for other in left if (how := sameness(incident, other))]
        if not found:
            gone.append(incident)
            continue
        how, other = min(found, key=lambda pair: (SAME_VARIANT, SAME_BUG, SAME_ISSUE).index(pair[0]))
        left.remove(other)
        pairs.append(Pair(incident, other, how))
    return pairs, gone, left


def _telling(analysis: Analysis) -> Incident | None:
    return analysis.incidents[0] if analysis.incidents else None


def _server(incident: Incident | None) -> Mapping[str, str]:
    """Facts of the server itself, not of this one failure."""
    if incident is None:
        return {}
    of_failure = {"Failed", "Frozen", "Last line", "Thread", "Process", "Signal", "Severity", "Uptime", "Command"}
    return {fact.label: fact.value for fact in headline.facts(incident) if fact.label not in of_failure}


def _figures(incident: Incident | None) -> Mapping[str, str]:
    known = {
        key: value for section in (incident.info or {} if incident else {}).values() for key, value in section.items()
    }
    return {
        key: f"{value:,}" if isinstance(value, int) else str(value)
        for key in _FIGURES
        if (value := known.get(key)) is not None
    }


def _answers(analysis: Analysis) -> Mapping[str, str]:
    incident = _telling(analysis)
    found: tuple[Finding, ...] = (*(incident.findings if incident else ()), *analysis.observations)
    return {finding.title: f"{wording.OUTCOMES[finding.outcome]}: {finding.summary}" for finding in found}


def _differing(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> tuple[Change, ...]:
    """What differs; nothing if one side does not state any of it, as then nothing is known to have changed."""
    if not before or not after:
        return ()
    return tuple(change for change in _changes(before, after) if change.before != change.after)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for label in dict.fromkeys([*before, *after]):
        yield Change(label, before.get(label), after.get(label))

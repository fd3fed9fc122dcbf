"""Failures that are alike: a server that died four hundred times of one cause is told by its first and last death."""

from collections.abc import Hashable, Sequence

from triage.model import Incident
from triage.records import dataclass
from triage.render import wording


@dataclass(frozen=True, slots=True)
class Numbered:
    """An incident with its 1-based place in the analysis."""

    number: int
    incident: Incident


@dataclass(frozen=True, slots=True)
class Alike:
    """Incidents of one kind, signature and known issue on one release, in the order of the analysis."""

    members: tuple[Numbered, ...]

    @property
    def first(self) -> Numbered:
        """The earliest."""
        return self.members[0]

    @property
    def last(self) -> Numbered:
        """The latest; the first, if there is no other."""
        return self.members[-1]

    @property
    def span(self) -> str:
        """``22 Nov 2026, 11:11:54.816 – 23 Nov 2026, 02:10:00.001``, as far as the times are known."""
        ends = dict.fromkeys(
            wording.moment(end.incident.time) for end in (self.first, self.last) if end.incident.time
        )
        return " – ".join(ends)


@dataclass(frozen=True, slots=True)
class Told:
    """An incident that is told in full; ``note`` says how many others it stands for, if it does."""

    number: int
    incident: Incident
    note: str | None


def alike(incidents: Sequence[Incident]) -> list[Alike]:
    """The incidents in groups, in the order of each group's first one. Without a signature, each is its own."""
    groups: dict[Hashable, list[Numbered]] = {}
    for number, incident in enumerate(incidents, start=1):
        groups.setdefault(_likeness(incident) or number, []).append(Numbered(number, incident))
    return [Alike(tuple(members)) for members in groups.values()]


def told_in_full(groups: Sequence[Alike], limit: int) -> list[Told]:
    """The first and the last incident of every group, at most ``limit``; where there is no room, lasts go first."""
    firsts = [Told(group.first.number, group.first.incident, _note(group, "first")) for group in groups]
    lasts = [
        Told(group.last.number, group.last.incident, _note(group, "last"))
        for group in groups
        if len(group.members) > 1
    ]
    return sorted([*firsts, *lasts][:limit], key=lambda told: told.number)


def left_out(groups: Sequence[Alike], told: Sequence[Told]) -> int:
    """How many incidents nothing stands for."""
    shown = {entry.number for entry in told}
    return sum(len(group.members) for group in groups if group.first.number not in shown)


def _likeness(incident: Incident) -> Hashable:
    family = incident.signature.family
    return (incident.kind, family, incident.verdict.issue, incident.server.version) if family else None


def _note(group: Alike, which: str) -> str | None:
    count = len(group.members)
    if count < 3:
        return None
    when = f", {group.span}" if group.span else ""
    return f"The {which} of {count:,} failures alike{when}."

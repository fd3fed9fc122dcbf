"""The index page of many reports: one group per signature, the largest first."""

import base64
import hashlib
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from triage.model import Analysis, Incident
from triage.records import dataclass
from triage.render import headline, wording
from triage.render.templates import environment
from triage.render.visible import one_line
from triage.resources import resource_dir

_UNSIGNED = "no signature"
_NOTHING = "no crash found"


@dataclass(frozen=True, slots=True)
class Entry:
    """An incident in a report, or a report without one; ``link`` is relative to the index page."""

    link: str
    name: str
    title: str
    signature: str
    time: str = ""
    server: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file without a report, and why."""

    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of one signature, by time."""

    signature: str
    title: str
    entries: tuple[Entry, ...]


def entries_of(analysis: Analysis, link: str) -> tuple[Entry, ...]:
    """What the index says of one report."""
    name = headline.file_name(analysis.inputs[0].name)
    found = tuple(_entry(incident, link, name) for incident in analysis.incidents)
    return found or (Entry(link, name, headline.nothing_found(analysis), _NOTHING),)


def grouped(entries: Iterable[Entry]) -> tuple[Group, ...]:
    """The entries by signature; those that have none come last."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.signature, []).append(entry)
    made = [Group(key, members[0].title, tuple(sorted(members, key=_order))) for key, members in groups.items()]
    return tuple(
        sorted(
            made, key=lambda group: (group.signature in (_UNSIGNED, _NOTHING), -len(group.entries), group.signature)
        )
    )


def to_index(entries: Sequence[Entry], unread: Sequence[Unread]) -> str:
    """The index as one HTML document without scripts."""
    style = (resource_dir("reports") / "report.css").read_text(encoding="utf-8")
    page = environment(lambda value: one_line(value) if type(value) is str else value)
    return page.get_template("each.html.j2").render(
        groups=grouped(entries),
        files=len({entry.link for entry in entries}),
        unread=unread,
        wording=wording,
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _entry(incident: Incident, link: str, name: str) -> Entry:
    verdict, signature = incident.verdict, incident.signature
    return Entry(
        link=link,
        name=name,
        title=headline.title(incident),
        signature=signature.family or _UNSIGNED,
        time=str(incident.time or ""),
        server=headline.product(incident.server),
        verdict=" ".join(filter(None, (wording.STATUSES[verdict.status], verdict.issue))),
    )


def _order(entry: Entry) -> tuple[str, str]:
    return entry.time, entry.link

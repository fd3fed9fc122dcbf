"""Says in words whether two crashes are the same, and by which facts."""

from collections.abc import Callable
from enum import StrEnum

from triage.model import Incident, Status
from triage.records import dataclass
from triage.signature.alignment import Alignment, align
from triage.signature.culprit import Placed
from triage.signature.keys import build_of, sign, stack_of
from triage.signature.names import expression_text, file_name, message_text
from triage.signature.rarity import RARE, weight
from triage.signature.recursion import fold_recursion

SAME_FROM, LIKELY_FROM, UNCLEAR_FROM = 0.8, 0.7, 0.5
"""Similarity of stacks: as good as equal, alike, and in part alike.

Set on 5,000 pairs of labelled crashes: none of different groups reached 0.7, twelve stood between 0.5 and 0.7, where
as many of the same group did (see ``benchmarks/README.md``).
"""


Pair = tuple[Incident, Incident]


class Likeness(StrEnum):
    """The answer."""

    SAME = "same"
    LIKELY = "likely-same"
    DIFFERENT = "different"
    UNKNOWN = "cannot-tell"


class Relation(StrEnum):
    """How one fact of both crashes compares."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Point:
    """One fact that was compared: ``subject`` (``kind``, ``site``, ``stack`` …), and a sentence."""

    subject: str
    relation: Relation
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether two crashes are the same. ``deciding`` are the rare functions that both stacks hold, or only one does.

    ``similarity`` of the stacks runs from 0 to 1; ``None`` if one crash shows no stack.
    """

    likeness: Likeness
    reason: str
    points: tuple[Point, ...]
    similarity: float | None = None
    common: tuple[str, ...] = ()
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()


def compare(a: Incident, b: Incident, shown: Pair | None = None) -> Comparison:
    """Compare two incidents. Their verdicts count if they were judged; signatures are made anew.

    Sentences quote the incidents as they are ``shown``: what is hidden in both may differ.
    """
    places = build_of(a) == build_of(b)
    alignment = align(compared_names(a, places), compared_names(b, places))
    points = tuple(point for point in _points((a, b), shown or (a, b), alignment) if point)
    likeness, reason = _decide(a, b, {point.subject: point.relation for point in points}, alignment)
    if alignment is None:
        return Comparison(likeness, reason, points)
    told = (*alignment.common, *alignment.only_a, *alignment.only_b)
    return Comparison(
        likeness,
        reason,
        points,
        alignment.similarity,
        alignment.common,
        alignment.only_a,
        alignment.only_b,
        tuple(dict.fromkeys(name for name in told if weight(name) >= RARE)),
    )


def compared_names(incident: Incident, places: bool = False) -> tuple[str, ...]:
    """The failing thread's functions below the crash handler and above the thread's outer end, recursion folded.

    A frame without a name is left out, or stands as its place in the build if ``places`` are asked for.
    """
    build = build_of(incident)
    told = [placed for placed in stack_of(incident).below if _tells(placed)]
    names = [placed.name or (placed.place(build) if places else None) for placed in told]
    return fold_recursion([name for name in names if name])


def _tells(placed: Placed) -> bool:
    listed = placed.listed
    return listed is None or not (listed.bottom or (listed.name == "library" and not listed.nameable))


def _points(pair: Pair, shown: Pair, alignment: Alignment | None) -> tuple[Point | None, ...]:
    def point(subject: str, fact: Callable[[Incident], str | None]) -> Point | None:
        (a, b), quoted = map(fact, pair), map(fact, shown)
        return _point(subject, a, b, *quoted)

    return (
        point("known issue", _named),
        point("strict key", lambda incident: sign(incident).strict),
        point("family key", lambda incident: sign(incident).family),
        point("kind", lambda incident: str(incident.kind)),
        point("site", _file),
        point("expression", _expression),
        point("message", _message),
        point("signal", _signal),
        _stack(alignment),
        point("command", lambda incident: incident.current_command),
        point("version", _version),
    )


def _point(subject: str, a: str | None, b: str | None, shown_a: str | None, shown_b: str | None) -> Point | None:
    if a is None and b is None:
        return None
    if a is None or b is None:
        return Point(subject, Relation.UNKNOWN, f"only {'B' if a is None else 'A'} states one: {shown_a or shown_b}")
    if a == b:
        return Point(subject, Relation.SAME, f"both {shown_a}")
    return Point(subject, Relation.DIFFERENT, f"A {shown_a}, B {shown_b}")


def _named(incident: Incident) -> str | None:
    verdict = incident.verdict
    return verdict.issue if verdict.status in (Status.KNOWN, Status.SUSPECTED) else None


def _file(incident: Incident) -> str | None:
    return file_name(incident.site.file) if incident.site and incident.site.file else None


def _expression(incident: Incident) -> str | None:
    expression = incident.site.expression if incident.site else None
    return expression_text(expression) if expression is not None else None


def _message(incident: Incident) -> str | None:
    return message_text(incident.message) if incident.message else None


def _signal(incident: Incident) -> str | None:
    signal = incident.signal
    if signal is None:
        return None
    name = signal.name or f"signal {signal.number}"
    return f"{name}, sent by a process" if signal.sent else name


def _version(incident: Incident) -> str | None:
    return " ".join(part for part in (incident.server.product, incident.server.version) if part) or None


def _stack(alignment: Alignment | None) -> Point:
    if alignment is None:
        return Point("stack", Relation.UNKNOWN, "at least one of them shows no stack of the failing thread")
    alike = alignment.similarity >= LIKELY_FROM
    shared = len(alignment.common)
    whole = shared + len(alignment.only_a) + len(alignment.only_b)
    text = f"{shared} of {whole} functions in common, by weight {alignment.similarity:.0%}"
    return Point("stack", Relation.SAME if alike else Relation.DIFFERENT, text)


def _decide(
    a: Incident, b: Incident, relations: dict[str, Relation], alignment: Alignment | None
) -> tuple[Likeness, str]:
    """The first rule that applies, strongest evidence first."""
    issue = relations.get("known issue")
    if issue in (Relation.SAME, Relation.DIFFERENT):
        if issue is Relation.SAME:
            return Likeness.SAME, "both were recognised as the same known issue"
        return Likeness.DIFFERENT, "they were recognised as two different known issues"
    sent = [bool(incident.signal and incident.signal.sent) for incident in (a, b)]
    if any(sent):
        return _sent(all(sent))
    if relations.get("strict key") is Relation.SAME:
        return _equal_keys(alignment)
    similarity = alignment.similarity if alignment else None
    if relations.get("family key") is Relation.SAME:
        if similarity is not None and similarity >= SAME_FROM:
            return Likeness.SAME, "the family is the same, and so is nearly all of the stack"
        return Likeness.LIKELY, "the family is the same; the rest of the stack differs or is not shown"
    return _by_likeness(relations, similarity)


def _sent(both: bool) -> tuple[Likeness, str]:
    if both:
        return Likeness.LIKELY, "both were ended by a signal from outside: who sent it decides, not the stack"
    return Likeness.DIFFERENT, "one was ended by a signal from outside, the other failed by itself"


def _equal_keys(alignment: Alignment | None) -> tuple[Likeness, str]:
    if alignment is None:
        return Likeness.LIKELY, "the same failure in the same place; without a stack it may have come about otherwise"
    return Likeness.SAME, "the same failure in the same place, reached the same way"


def _by_likeness(relations: dict[str, Relation], similarity: float | None) -> tuple[Likeness, str]:
    other_check = Relation.DIFFERENT in (relations.get("expression"), relations.get("message"))
    if similarity is not None and similarity >= SAME_FROM and relations["kind"] is Relation.SAME:
        return Likeness.LIKELY, "the same path through the code; it failed at another point of it"
    if other_check:
        return Likeness.DIFFERENT, "another check failed"
    if similarity is None:
        return Likeness.UNKNOWN, "too little is shown of them: no stack, and nothing else decides"
    if relations["kind"] is Relation.DIFFERENT:
        return Likeness.DIFFERENT, "they failed in another way"
    if similarity >= LIKELY_FROM:
        return Likeness.LIKELY, "most of what is rare in the stacks is common to both"
    if similarity >= UNCLEAR_FROM:
        return Likeness.UNKNOWN, "a good part of the stacks is common to both, which is not enough to decide"
    return Likeness.DIFFERENT, "the stacks have little in common that is rare"

"""A known issue as its knowledge file states it."""

from dataclasses import dataclass
from datetime import date

from triage.knowledge.conditions import Condition, FactCondition, Operator
from triage.knowledge.versions import AffectedRange
from triage.model import Fix, Kind


@dataclass(frozen=True, slots=True)
class Sample:
    """A log that the entry must (``known``, ``suspected``) or must not (``other``) be named for.

    Either ``path``, relative to the project, or ``log``, the text itself. ``note`` says where it comes from.
    """

    expect: str
    note: str
    path: str | None = None
    log: str | None = None


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """Everything that is known about one bug or cause, and how to tell it.

    ``base`` is the confidence if the required evidence is all there is, ``ceiling`` the most that the entry
    can reach.
    """

    id: str
    title: str
    kinds: frozenset[Kind]
    cause: str
    required: tuple[Condition, ...]
    supporting: tuple[Condition, ...]
    contradicting: tuple[Condition, ...]
    versions: tuple[AffectedRange, ...]
    fix: Fix
    advice: tuple[str, ...]
    references: tuple[str, ...]
    last_checked: date
    samples: tuple[Sample, ...]
    base: float
    ceiling: float

    @property
    def files(self) -> frozenset[str]:
        """Source files that the required evidence names, which spares most entries a closer look; may be empty."""
        return frozenset(
            str(c.operand)
            for c in self.required
            if isinstance(c, FactCondition) and c.fact == "site.file" and c.operator is Operator.EQUALS
        )

"""A known issue as its knowledge file states it."""

from datetime import date
from enum import StrEnum

from triage.knowledge.conditions import Condition
from triage.knowledge.versions import AffectedRange
from triage.model import Fix, Kind
from triage.records import dataclass

INFERRED_CEILING = 0.75
"""Most that an entry may reach of which something essential was inferred: enough to suspect, never to know."""
FIX_PLACE_CEILING = 0.45
"""Most for an entry that only knows the functions of the fix: the frame that crashes may be another one."""


class Owner(StrEnum):
    """Who can end the trouble."""

    SERVER = "server"
    MODULE = "module"
    HARDWARE = "hardware"
    OPERATING_SYSTEM = "operating-system"
    CONFIGURATION = "configuration"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Sample:
    """A log that the entry must (``known``, ``suspected``) or must not (``other``) be named for.

    For a ``candidate`` it must not be named either, but be among the issues that were considered. Either ``path``,
    relative to the project, or ``log``, the text itself. ``note`` says where it comes from.
    """

    expect: str
    note: str
    path: str | None = None
    log: str | None = None


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """Everything that is known about one bug or cause, and how to tell it.

    ``aliases`` are other ids of the same problem: further reports, pull requests. ``inferred`` says what in the entry
    no source states; with ``functions_from_fix`` the functions are where the fix was made, not those of a crash.
    ``base`` is the confidence if the required evidence is all there is, ``ceiling`` the most that it can reach.
    """

    id: str
    title: str
    kinds: frozenset[Kind]
    owner: Owner
    aliases: tuple[str, ...]
    cve: tuple[str, ...]
    ghsa: tuple[str, ...]
    cause: str
    inferred: str | None
    functions_from_fix: bool
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
    def names(self) -> tuple[str, ...]:
        """Every id of the issue, its own first."""
        return tuple(dict.fromkeys((self.id, *self.aliases, *self.cve, *self.ghsa)))

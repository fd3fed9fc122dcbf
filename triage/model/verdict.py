"""The crash's name: its signature, and the verdict against known issues."""

from enum import StrEnum

from triage.model.evidence import Reason
from triage.records import dataclass

POOR_STACK = 0.35
"""A stack rated lower has hardly a name among the frames that count: it can be compared, but not understood."""


@dataclass(frozen=True, slots=True)
class SignedFrame:
    """A frame of the crashing thread with its role (``handler``, ``allocator``, ``culprit``, ``tail`` …) and why."""

    function: str | None
    role: str
    why: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Two text keys of one crash: ``strict`` tells variants apart, ``family`` survives versions and rebuilds.

    ``quality`` rates the stack that the keys rest on from 0 to 1; ``None`` if they rest on something else.
    """

    algorithm: str
    strict: str | None = None
    family: str | None = None
    frames: tuple[SignedFrame, ...] = ()
    quality: float | None = None

    @property
    def poor(self) -> bool:
        """Whether there is no key, or only one by places that need the very binary to be understood."""
        return self.family is None or (self.quality is not None and self.quality < POOR_STACK)


class Status(StrEnum):
    """How sure the tool is that it knows this crash."""

    KNOWN = "known"
    SUSPECTED = "suspected"
    UNKNOWN = "unknown"
    NOT_ENOUGH_EVIDENCE = "not-enough-evidence"


class FixedStatus(StrEnum):
    """How the reporter's version stands to the versions that hold the fix."""

    FIXED_LATER = "fixed-in-later-version"
    REGRESSION = "regression"
    UNFIXED = "unfixed"
    NOT_AFFECTED = "not-affected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fix:
    """Where the bug came from and where it ended."""

    pull_request: str | None = None
    fixed_in: tuple[str, ...] = ()
    introduced_in: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known issue that was considered; ``reason`` says why it is no more likely, if it was not named."""

    issue: str
    confidence: float
    title: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement; ``confidence`` runs from 0 to 1, ``issue`` is an id of the knowledge base or ``None``.

    ``unchecked`` names the evidence that the input could have held and does not. ``owner`` is who can end the
    trouble: ``server``, ``module``, ``hardware``, ``operating-system``, ``configuration`` or ``environment``.
    ``aliases`` are other ids of the same issue.
    """

    status: Status
    issue: str | None = None
    aliases: tuple[str, ...] = ()
    title: str | None = None
    cause: str | None = None
    owner: str | None = None
    confidence: float = 0.0
    for_: tuple[Reason, ...] = ()
    against: tuple[Reason, ...] = ()
    unchecked: tuple[Reason, ...] = ()
    fix: Fix | None = None
    fixed_status: FixedStatus | None = None
    advice: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()

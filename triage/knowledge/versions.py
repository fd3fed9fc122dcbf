"""Server versions: order, ranges that are affected, and the nearest release with a fix."""

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple

from triage.patterns import compiled
from triage.records import dataclass

# An epoch and whatever a distribution appends (``1:8.0.1+dfsg1-1~bpo12+1``) say nothing about the order of releases.
_PRINTED = compiled(
    r"(?:\d{1,3}:)?v?(?P<major>\d{1,4})\.(?P<minor>\d{1,4})(?:\.(?P<patch>\d{1,5}))?"
    r"(?:-(?P<stage>alpha|beta|m|M|rc|RC)(?P<number>\d{0,4}))?(?![A-Za-z0-9.])"
)
_DEVELOPMENT = frozenset({255, 999})
"""Major versions that the development trees of Redis (until 6.2: 999, then 255) and Valkey (255) print."""


class Stage(IntEnum):
    """How far a release had come."""

    ALPHA = 0
    BETA = 1
    MILESTONE = 2
    CANDIDATE = 3
    RELEASE = 4


_STAGES = {"alpha": Stage.ALPHA, "beta": Stage.BETA, "m": Stage.MILESTONE, "rc": Stage.CANDIDATE}
_STAGE_NAMES = {stage: name for name, stage in _STAGES.items()}


class Version(NamedTuple):
    """A version that compares as releases follow each other: 8.1.0-rc1 < 8.1.0-rc2 < 8.1.0 < 8.1.1."""

    major: int
    minor: int
    patch: int = 0
    stage: Stage = Stage.RELEASE
    number: int = 0

    def __str__(self) -> str:
        stage = "" if self.stage is Stage.RELEASE else f"-{_STAGE_NAMES[self.stage]}{self.number or ''}"
        return f"{self.major}.{self.minor}.{self.patch}{stage}"

    @property
    def branch(self) -> tuple[int, int]:
        """Major and minor: releases of one branch get the same fixes."""
        return self.major, self.minor

    @property
    def development(self) -> bool:
        """Whether it is a build of a development tree, which stands nowhere in the order of releases."""
        return self.major in _DEVELOPMENT


def parse_version(text: str | None) -> Version | None:
    """The version in a text as the server or a distribution prints it; ``None`` if it is none."""
    found = _PRINTED.match(text.strip()) if text else None
    if found is None:
        return None
    stage = _STAGES[found["stage"].lower()] if found["stage"] else Stage.RELEASE
    return Version(
        int(found["major"]), int(found["minor"]), int(found["patch"] or 0), stage, int(found["number"] or 0)
    )


LAST_COMMON = Version(7, 2, 4)
"""Valkey began as a copy of this release of Redis."""
FORK = frozenset({"redis", "valkey"})
LAST_OF_KEYDB = Version(6, 2, 999)
"""KeyDB took nothing over from Redis 7 or later, and nothing from Valkey."""


class Standing(StrEnum):
    """Where a version stands to a bug."""

    AFFECTED = "affected"
    FIXED = "fixed"
    NOT_AFFECTED = "not-affected"
    OTHER_PRODUCT = "other-product"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AffectedRange:
    """Releases of ``product`` from ``first`` on and before ``fixed``; ``None`` leaves that end open."""

    product: str
    first: Version | None = None
    fixed: Version | None = None

    def __contains__(self, version: Version) -> bool:
        return (self.first is None or version >= self.first) and (self.fixed is None or version < self.fixed)


def standing(product: str | None, version: Version | None, ranges: Sequence[AffectedRange]) -> Standing:
    """Where a reporter's version stands; that of a development build is ``UNKNOWN``."""
    own = [r for r in ranges if r.product == product]
    if not own:
        return _standing_of_a_relative(product, ranges)
    if version is None or version.development:
        return Standing.UNKNOWN
    if any(version in r for r in own):
        return Standing.AFFECTED
    passed = [r.fixed for r in own if r.fixed is not None and version >= r.fixed]
    if any(fixed.branch == version.branch for fixed in passed) or len(passed) == len(own):
        return Standing.FIXED
    return Standing.UNKNOWN if passed else Standing.NOT_AFFECTED


def _standing_of_a_relative(product: str | None, ranges: Sequence[AffectedRange]) -> Standing:
    """For a product that no range names: what it took over from the other one when Valkey left Redis.

    A bug that came after the fork is the other product's; of one that was fixed before it, Valkey has the fix. KeyDB
    parted earlier.
    """
    if product == "keydb" and ranges:
        parted = {"redis": LAST_OF_KEYDB}
        later = all(r.first is not None and r.first > parted.get(r.product, LAST_COMMON) for r in ranges)
        return Standing.OTHER_PRODUCT if later else Standing.UNKNOWN
    if product not in FORK or not ranges:
        return Standing.UNKNOWN
    if all(r.first is not None and r.first > LAST_COMMON for r in ranges):
        return Standing.OTHER_PRODUCT
    if product == "valkey" and standing("redis", LAST_COMMON, ranges) is Standing.FIXED:
        return Standing.FIXED
    return Standing.UNKNOWN


def nearest_fixed(version: Version | None, fixed_in: Sequence[str]) -> str | None:
    """The smallest step to a release with the fix: on the same branch if there is one, else the next one above.

    Nobody is sent to a release candidate, except from one of the same release: its release has the fix too.
    """
    releases = sorted(parsed for text in fixed_in if (parsed := parse_version(text)))
    if version is None or version.development:
        return str(_released(releases[-1])) if releases else None
    later = [release for release in releases if release > version]
    same_branch = [release for release in later if release.branch == version.branch]
    target = next(iter(same_branch or later), None)
    if target is None:
        return None
    candidates = version.stage is not Stage.RELEASE and version.branch == target.branch
    return str(target if candidates else _released(target))


def _released(version: Version) -> Version:
    return version._replace(stage=Stage.RELEASE, number=0)

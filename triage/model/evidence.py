"""Where a statement rests, and the answers to the questions asked of the evidence."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from triage.model.hexadecimal import Hex
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place in an input: a 1-based line of a log, or an offset in a core."""

    input: str
    text: str
    line: int | None = None
    offset: Hex | None = None


class Outcome(StrEnum):
    """What an answer means for the suspicion that the question examines."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    NEUTRAL = "neutral"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question. ``strength`` runs from 0 to 1; ``data`` holds JSON-ready figures."""

    id: str
    title: str
    outcome: Outcome
    strength: float
    summary: str
    data: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something speaks for or against a verdict: a finding's id or a fact's path, and a sentence."""

    finding: str
    reason: str
    evidence: tuple[Evidence, ...] = ()

"""Errors that tell the user what to do next, and problems that an analysis survives."""

from triage.records import dataclass


class TriageError(Exception):
    """The analysis cannot go on. ``exit_code`` is the contract's, ``hint`` says what to do next."""

    exit_code = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one input that was damaged, cut or skipped, while the rest was still read."""

    message: str
    hint: str | None = None

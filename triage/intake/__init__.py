"""Opens what the user gives: recognises files by their content, undoes compression, takes wrappers off."""

from triage.intake.source import Source, open_inputs

__all__ = ["Source", "open_inputs"]

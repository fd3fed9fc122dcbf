"""Opens what the user gives: files known by their content, compression, archives, rotation and wrappers undone."""

from triage.intake.inputs import open_inputs
from triage.intake.rotation import Log, logs_of
from triage.intake.source import Source
from triage.intake.unwrap import Stream, unwrap
from triage.intake.workspace import Workspace

__all__ = ["Log", "Source", "Stream", "Workspace", "logs_of", "open_inputs", "unwrap"]

"""What can be wrong with a core file as a whole. What is wrong with a part of it is a ``Problem`` of the result."""

from triage.model import TriageError


class CoreError(TriageError):
    """A file is no core that can be read. The message names the file, the hint says what to do."""

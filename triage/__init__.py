"""Crash triage for Valkey and Redis servers.

``from triage import analyze`` is the Python interface: it gives the model of ``triage.model``, whose names are those
of the JSON output. Nothing heavy is loaded before it is called.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.model import Analysis
    from triage.pipeline import Options, Progress

__all__ = ["__version__", "analyze"]
__version__ = "0.1.0"


def analyze(
    paths: "Sequence[str | os.PathLike[str]]", options: "Options | None" = None, progress: "Progress | None" = None
) -> "Analysis":
    """Analyse the files at ``paths`` (``-`` is standard input) as one case; nothing in the answer is redacted.

    ``options`` is a ``triage.pipeline.Options``; ``progress`` is called with the bytes read so far and with how many
    there are (``None`` if unknown). Raises ``triage.model.TriageError``, which says what to do next, if nothing can
    be read. Safe to hand out is ``triage.redact.redact(analysis).analysis``, of which
    ``triage.render.render(analysis, "html")`` makes a report.
    """
    from triage.pipeline import analyze as run

    return run([os.fspath(path) for path in paths], options, progress)

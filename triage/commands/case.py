"""What commands that compare two cases are given for one of them: a log, or the JSON of an earlier analysis."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.model import Analysis


def case_at(path: str, knowledge: Sequence[str]) -> "Analysis":
    """The analysis of the case at ``path``. Of an earlier output only its incidents are there.

    Directories of ``knowledge`` count besides those of the configuration file. Raises ``TriageError`` if it cannot
    be read.
    """
    from triage import __version__
    from triage.config import knowledge_dirs
    from triage.intake.former_run import former_incidents
    from triage.model import Analysis, Input, Tool
    from triage.pipeline import Options, analyze

    former = former_incidents(path)
    if former is None:
        return analyze([path], Options(knowledge=(*knowledge_dirs(), *knowledge)))
    tool, name = Tool("valkey-triage", __version__), os.path.basename(path)
    return Analysis(tool, inputs=(Input(name=name, kind="unknown"),), incidents=former, observations=())

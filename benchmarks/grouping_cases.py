"""The labelled crashes of the grouping benchmark: cases with an ``expected.json`` that names their group."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage.model import Frame, Incident, TriageError
from triage.pipeline import analyze
from triage.signature.stack import crashed_frames, place_frames


@dataclass(frozen=True)
class Case:
    """One crash: what the corpus says of it (``group``, groups ``not_same``, ``issues``), and what this tool reads.

    ``group`` is ``None`` where the corpus states no group, ``incident`` where the tool found no crash.
    """

    name: str
    group: str | None
    not_same: tuple[str, ...]
    issues: tuple[str, ...]
    fixed: bool
    public: bool
    incident: Incident | None

    @property
    def frames(self) -> list[Frame]:
        """The failing thread's frames as printed, innermost first."""
        return list(crashed_frames(self.incident)) if self.incident else []

    @property
    def frames_below_handler(self) -> list[Frame]:
        """Those frames without the crash handler's: an advantage lent to methods that do not know Valkey's."""
        placed = place_frames(self.frames)
        start = 1 + max((i for i, p in enumerate(placed) if p.listed and p.listed.name == "handler"), default=-1)
        return self.frames[start:]

    @property
    def assertion(self) -> str | None:
        """``file:expression`` of a failed assertion, or a panic's message: what tools call the abort message."""
        site = self.incident.site if self.incident else None
        if site and site.file and site.expression is not None:
            return f"{site.file}:{site.expression}"
        return self.incident.message if self.incident else None


def load(corpus: Path) -> Iterator[Case]:
    """Every case below ``corpus`` that states a verdict and whose text shows the crash, in order of name."""
    for path in sorted(corpus.glob("*/expected.json")):
        stated = json.loads(path.read_text(encoding="utf-8"))
        verdict = stated.get("verdict") or {}
        if verdict.get("evidence", True) and (verdict.get("group") or verdict.get("issue")):
            yield _case(path.parent, stated, verdict)


def _case(folder: Path, stated: dict[str, Any], verdict: dict[str, Any]) -> Case:
    issues = [*verdict.get("issues", []), *([verdict["issue"]] if verdict.get("issue") else [])]
    fixed = stated["expect"].get("incidents") == []
    return Case(
        name=stated["case"],
        group=None if fixed else verdict.get("group") or re.sub(r"[^\w-]", "_", verdict["issue"]),
        not_same=tuple(verdict.get("not", ())),
        issues=tuple(dict.fromkeys(issues)),
        fixed=fixed,
        public="group" in verdict,
        incident=_first_incident([str(folder / name) for name in stated["inputs"]]),
    )


def _first_incident(paths: list[str]) -> Incident | None:
    try:
        incidents = analyze(paths).incidents
    except TriageError:
        return None
    return incidents[0] if incidents else None

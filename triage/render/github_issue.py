"""The template of a Valkey ``[CRASH]`` issue, filled in: ready to paste.

https://github.com/valkey-io/valkey/blob/unstable/.github/ISSUE_TEMPLATE/crash_report.md
"""

from triage.model import Analysis, Incident
from triage.render.limits import Limits
from triage.render.markdown import markdown_page
from triage.render.raw_report import raw_blocks

_RAW_BYTES = 40_000
"""GitHub takes a body of 65,536 characters; the analysis needs some of them."""
_LIMITS = Limits(raw_line=400)
_MOST_OTHERS = 20


def to_github_issue(analysis: Analysis) -> str:
    """The issue of the first incident; further ones are named, as one issue is about one crash."""
    incident = analysis.incidents[0] if analysis.incidents else None
    return markdown_page(
        "github-issue.md.j2",
        analysis=analysis,
        incident=incident,
        others=analysis.incidents[1:_MOST_OTHERS],
        report=_report(incident) if incident else [],
    )


def _report(incident: Incident) -> list[str]:
    """The raw report, as much of it as fits."""
    cited = frozenset(item.line for item in incident.evidence if item.line is not None)
    blocks, _ = raw_blocks(incident.raw, cited, _RAW_BYTES, _LIMITS)
    lines: list[str] = []
    for block in blocks:
        if block.left_out:
            lines.append(f"[... {block.left_out} lines left out ...]")
        lines += [line.text for line in block.lines]
    return lines

"""One line per incident, for scripts: tab-separated, in an order that stays."""

from triage.model import Analysis, Incident
from triage.render import headline
from triage.render.visible import shown

_TEXT_LIMIT = 500


def to_lines(analysis: Analysis) -> str:
    """Time, kind, verdict, issue, confidence, server and title of every incident; ``-`` for what is not known."""
    return "".join(_line(incident) for incident in analysis.incidents)


def _line(incident: Incident) -> str:
    verdict, server = incident.verdict, incident.server
    columns = (
        str(incident.time or "-"),
        incident.kind.value,
        verdict.status.value,
        verdict.issue or "-",
        f"{verdict.confidence:.2f}",
        " ".join(filter(None, (server.product, server.version))) or "-",
        headline.title(incident),
    )
    return "\t".join(shown(" ".join(column.split()), _TEXT_LIMIT) for column in columns) + "\n"

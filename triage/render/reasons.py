"""What a reason rests on, in words."""

from triage.model import Incident, Reason
from triage.render.figures import label

_FACT_NAMES = {
    "site.file": "Source file",
    "site.line": "Source line",
    "site.function": "Function",
    "site.expression": "Failed expression",
    "stack.functions": "Stack",
    "server.tls": "TLS",
    "server.io_threads": "I/O threads",
    "server.io_threads_active": "I/O threads at work",
    "server.arch": "Architecture",
    "server.os": "Operating system",
    "signal.code_name": "Signal code",
    "signal.address": "Fault address",
}


def reason_heading(reason: Reason, incident: Incident) -> str:
    """The title of the finding, or the fact's path in words: ``server.version`` as ``Version``."""
    finding = next((finding for finding in incident.findings if finding.id == reason.finding), None)
    if finding is not None:
        return finding.title
    return _FACT_NAMES.get(reason.finding) or label(reason.finding.rpartition(".")[2])

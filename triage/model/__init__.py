"""What every room speaks: frozen dataclasses without I/O.

The names are those of the JSON contract (``triage-analysis/1``), so a reader who knows the output
knows the model. ``None`` and an absent key mean "not known", never zero.
"""

from triage.model.analysis import Analysis, Coverage, Incident, Input, LineShape, RawLine, Tool, Warnings
from triage.model.client import Client, ClientList
from triage.model.code import Code, CodeDump, Instruction, MemoryOperand
from triage.model.crash import (
    FailedThread,
    Frame,
    Kind,
    Missing,
    MissingSection,
    Report,
    Severity,
    Signal,
    Site,
    Thread,
    Wait,
)
from triage.model.errors import Problem, TriageError
from triage.model.evidence import Evidence, Finding, Outcome, Reason
from triage.model.hexadecimal import Hex
from triage.model.instant import Instant
from triage.model.memory_use import MemoryUse
from triage.model.server import Module, Server
from triage.model.state import ClusterLink, Connection, ServerState, StateClient
from triage.model.timeline import Event, EventKind, Series, Timeline
from triage.model.verdict import Candidate, Fix, FixedStatus, Signature, SignedFrame, Status, Verdict

__all__ = [
    "Analysis",
    "Candidate",
    "Client",
    "ClientList",
    "ClusterLink",
    "Code",
    "CodeDump",
    "Connection",
    "Coverage",
    "Event",
    "EventKind",
    "Evidence",
    "FailedThread",
    "Finding",
    "Fix",
    "FixedStatus",
    "Frame",
    "Hex",
    "Incident",
    "Input",
    "Instant",
    "Instruction",
    "Kind",
    "LineShape",
    "MemoryOperand",
    "MemoryUse",
    "Missing",
    "MissingSection",
    "Module",
    "Outcome",
    "Problem",
    "RawLine",
    "Reason",
    "Report",
    "Series",
    "Server",
    "ServerState",
    "Severity",
    "Signal",
    "Signature",
    "SignedFrame",
    "Site",
    "StateClient",
    "Status",
    "Thread",
    "Timeline",
    "Tool",
    "TriageError",
    "Verdict",
    "Wait",
    "Warnings",
]

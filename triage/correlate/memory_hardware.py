"""Question: is the machine's memory under suspicion?"""

from triage.correlate.address_shapes import Shape, shape_of
from triage.correlate.case import Case, Question
from triage.correlate.mapped_regions import mapped_regions
from triage.model import Evidence, Finding, Incident, Kind

QUESTION = Question("memory-hardware", "The machine's memory under suspicion")
_PASSED, _FAILED = "Fast memory test PASSED", "!!! MEMORY ERROR DETECTED"
_MANY_FAMILIES = 3


def memory_hardware(case: Case) -> Finding:
    """Signs of broken RAM: a failed test, the hardware's own word, one flipped bit, failures with nothing in common.

    A passed fast test speaks weakly against it: it takes seconds and tests each word once.
    """
    incident = case.incident
    failed = _lines(case, _FAILED)
    if incident.kind is Kind.MEMORY_TEST_FAILED or failed:
        return QUESTION.yes(1.0, "The memory test found an error.", failed or incident.evidence[:2])
    signal = incident.signal
    if signal and (signal.code_name or "").startswith("BUS_MCEERR"):
        return QUESTION.yes(1.0, "The hardware reported a memory error.", incident.evidence[:2])
    families = _families(case)
    passed = _lines(case, _PASSED)
    if len(families) >= _MANY_FAMILIES:
        text = f"{len(families)} failures in this log have nothing in common, as with broken memory."
        if passed:
            text += " The fast memory test passed, which says little."
        return QUESTION.yes(0.4, text, (*incident.evidence[:1], *passed), signatures=sorted(families))
    flip = _flip(case)
    if flip is not None:
        lines = case.report_lines([flip.region.line] if flip.region else [])
        return QUESTION.yes(flip.strength, flip.text, (*incident.evidence[:2], *lines))
    if passed:
        return QUESTION.no(0.4, "The fast memory test passed.", passed)
    return QUESTION.unanswerable("No memory test is in the report.")


def _flip(case: Case) -> Shape | None:
    """A fault address that nothing explains better than one wrong bit."""
    signal = case.incident.signal
    if signal is None or signal.address is None or not _by_itself(case.incident):
        return None
    shape = shape_of(signal.address, mapped_regions(case.incident), None, None)
    return shape if shape is not None and shape.name == "flipped-bit" else None


def _families(case: Case) -> set[str]:
    """Signatures of this server version's failures; an upgrade in between may explain a difference."""
    version = case.incident.server.version
    deaths = [other for other in (case.incident, *case.siblings) if _by_itself(other) and not _provoked(other)]
    return {other.signature.family for other in deaths if other.signature.family and other.server.version == version}


def _provoked(incident: Incident) -> bool:
    """Whether somebody asked for the crash, with DEBUG SEGFAULT and the like."""
    return any(frame.function == "debugCommand" for frame in incident.signature.frames)


def _by_itself(incident: Incident) -> bool:
    sent = incident.signal is not None and incident.signal.sent
    return incident.kind in (Kind.ASSERTION, Kind.PANIC, Kind.SIGNAL) and not sent


def _lines(case: Case, start: str) -> tuple[Evidence, ...]:
    return case.report_lines(line.line for line in case.incident.raw if line.text.startswith(start))

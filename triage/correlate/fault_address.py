"""Question: what does the fault's address say?"""

from collections.abc import Mapping

from triage.correlate.address_shapes import PAGE, Shape, is_canonical, shape_of
from triage.correlate.case import Case, Question
from triage.correlate.mapped_regions import mapped_regions
from triage.correlate.sizes import size
from triage.model import Finding, Kind, Signal

QUESTION = Question("fault-address", "What the fault's address says")
_SI_KERNEL = 128
_STACK_POINTERS, _PROGRAM_COUNTERS = ("RSP", "ESP", "SP", "sp"), ("RIP", "EIP", "PC", "pc")
_ADDRESSED = frozenset({"SIGSEGV", "SIGBUS"})

_WITHOUT_ADDRESS: Mapping[tuple[str, str | None], tuple[str, str, float]] = {
    ("SIGFPE", "FPE_INTDIV"): ("division-by-zero", "An integer was divided by zero.", 0.8),
    ("SIGFPE", None): ("arithmetic", "An arithmetic operation failed.", 0.4),
    ("SIGILL", None): (
        "illegal-instruction",
        "The processor does not know the instruction: the binary was built for another CPU, or code was overwritten.",
        0.6,
    ),
    ("SIGBUS", "BUS_MCEERR_AR"): ("machine-check", "The hardware reported a memory error at that address.", 1.0),
    ("SIGBUS", "BUS_MCEERR_AO"): ("machine-check", "The hardware reported a memory error at that address.", 1.0),
    ("SIGBUS", "BUS_ADRERR"): (
        "mapped-file",
        "A mapped file was shorter than its mapping, or its disk could not be read or was full.",
        0.7,
    ),
    ("SIGBUS", "BUS_ADRALN"): ("alignment", "The processor refused an unaligned access.", 0.8),
}


def fault_address(case: Case) -> Finding:
    """The address put into words: NULL plus an offset, a sender's pid, no address at all, a page's neighbour …"""
    signal = case.incident.signal
    if signal is None or case.incident.kind is not Kind.SIGNAL:
        return QUESTION.unanswerable("No instruction failed: the server ended by its own decision.")
    header = case.incident.evidence[:3]
    if signal.sent:
        return QUESTION.no(1.0, _sender(signal), header, sender_pid=signal.sender_pid, explanation="sent")
    shape = _shape(case, signal)
    if shape is None:
        text = "The address looks like nothing in particular." if signal.address else "No address is stated."
        return QUESTION.open(text, header, address=_shown(signal))
    lines = case.report_lines([shape.region.line] if shape.region else [])
    return QUESTION.yes(shape.strength, shape.text, (*header, *lines), explanation=shape.name, address=_shown(signal))


def _shape(case: Case, signal: Signal) -> Shape | None:
    name = signal.name or ""
    told = _WITHOUT_ADDRESS.get((name, signal.code_name)) or _WITHOUT_ADDRESS.get((name, None))
    if told is not None:
        return Shape(*told)
    if name not in _ADDRESSED:
        return None
    registers = case.incident.registers or {}
    if signal.code == _SI_KERNEL:
        return _non_canonical(registers)
    if signal.address is None:
        return None
    if signal.code_name == "SEGV_ACCERR":
        return _forbidden(signal.address, case)
    return shape_of(
        signal.address,
        mapped_regions(case.incident),
        _register(registers, _STACK_POINTERS),
        _register(registers, _PROGRAM_COUNTERS),
    )


def _forbidden(address: int, case: Case) -> Shape:
    """The page exists and refuses the access."""
    region = next((region for region in mapped_regions(case.incident) if 0 <= address - region.end < PAGE), None)
    text = "The page is mapped, but not for this kind of access: it is read-only, or a guard."
    if region is not None:
        text += f" It follows a writable region of {size(region.end - region.start)}."
    return Shape("no-permission", text, 0.6, region)


def _non_canonical(registers: Mapping[str, int]) -> Shape:
    """The kernel states no address (``(nil)``) when the processor refuses one as impossible."""
    odd = {name: value for name, value in registers.items() if not is_canonical(value)}
    odd.pop("CSGSFS", None)
    text = (
        "The address was impossible for this processor (non-canonical), so the kernel states none; it was not NULL."
    )
    for name, value in odd.items():
        told = shape_of(value, (), None, None)
        text += f" {name} holds {hex(value)}."
        if told is not None and told.name in ("text", "fill-pattern"):
            text += f" {told.text}"
        break
    return Shape("non-canonical", text, 0.6)


def _register(registers: Mapping[str, int], names: tuple[str, ...]) -> int | None:
    return next((registers[name] for name in names if name in registers), None)


def _sender(signal: Signal) -> str:
    name = signal.name or f"signal {signal.number}"
    if not signal.sender_pid:
        return f"{name} was sent from outside, by a process that the server cannot see; the address means nothing."
    return f"{name} was sent by process {signal.sender_pid}; what is printed as an address is that number."


def _shown(signal: Signal) -> str | None:
    return str(signal.address) if signal.address is not None else None

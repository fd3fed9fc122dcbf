"""The class of a memory access, in the words of CASR (its classes.md), so that its users read it."""

from triage.machine.failing_code import program_counter
from triage.machine.register_file import RegisterFile
from triage.model import Code, Incident, Kind

NEAR_NULL = 64 << 10
_SI_KERNEL = 128
_FAULTS = frozenset({"SIGSEGV", "SIGBUS"})
_BY_SIGNAL = {
    "SIGFPE": "FPE",
    "SIGILL": "BadInstruction",
    "SIGSYS": "BadInstruction",
    "SIGTRAP": "TrapSignal",
    "SIGABRT": "AbortSignal",
}
_BY_FRAME = (("cfree", "HeapError"), ("__chk_fail", "SafeFunctionCheck"), ("_stack_chk_fail", "StackGuard"))
_ABORTS = frozenset({Kind.ASSERTION, Kind.PANIC, Kind.OUT_OF_MEMORY})


def access_class(incident: Incident, code: Code | None) -> str | None:
    """CASR's class; ``None`` for an incident that no instruction of the server's caused."""
    signal = incident.signal
    if incident.kind in _ABORTS:
        return "AbortSignal"
    if incident.kind is not Kind.SIGNAL or signal is None or signal.sent:
        return None
    if signal.name not in _FAULTS:
        return _aborted(incident) if signal.name == "SIGABRT" else _BY_SIGNAL.get(signal.name or "")
    if signal.address is None and signal.code != _SI_KERNEL:
        return "AccessViolation"
    near = "NearNull" if signal.code != _SI_KERNEL and (signal.address or 0) < NEAR_NULL else ""
    if signal.code != _SI_KERNEL and program_counter(incident) == signal.address:
        return f"SegFaultOnPc{near}"
    if code is None:
        return "AccessViolation"
    return _by_instruction(incident, code, near)


def _by_instruction(incident: Incident, code: Code, near: str) -> str:
    failing = next(instruction.text for instruction in code.instructions if instruction.failing)
    mnemonic = failing.partition(" ")[0]
    if mnemonic.startswith("ret"):
        return "ReturnAv"
    if mnemonic.startswith(("call", "blr", "bl")):
        return "StackOverflow" if _writes_below_stack(incident) else f"CallAv{near}"
    if mnemonic.startswith("j") or mnemonic in ("b", "br"):
        return f"BranchAv{near}"
    if any(operand.access in ("write", "read-write") for operand in code.operands):
        return f"DestAv{near}"
    return f"SourceAv{near}" if code.operands else "AccessViolation"


def _writes_below_stack(incident: Incident) -> bool:
    registers = RegisterFile(incident.registers or {})
    top = registers.stack_pointer
    word = 8 if registers.get("rsp") is not None else 4
    return top is not None and incident.signal is not None and incident.signal.address == top - word


def _aborted(incident: Incident) -> str:
    frames = [frame for thread in incident.threads or () if thread.crashed for frame in thread.frames]
    names = [frame.function or "" for frame in frames]
    return next((told for part, told in _BY_FRAME if any(part in name for name in names)), "AbortSignal")

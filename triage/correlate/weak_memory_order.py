"""Question: could another core have seen stores in another order (a weakly ordered CPU, with I/O threads at work)?"""

from triage.correlate.case import Case, Question
from triage.model import Finding

QUESTION = Question("weak-memory-order", "Weakly ordered CPU with I/O threads")
_WEAK = frozenset({"aarch64", "arm64", "armv7l", "armv8l", "armv6l", "ppc64le", "ppc64", "riscv64", "loongarch64"})
_STRONG = frozenset({"x86_64", "amd64", "i686", "i386", "s390x"})


def weak_memory_order(case: Case) -> Finding:
    """Whether the two conditions of a reordering race between threads were there.

    On x86 a store is never seen before an earlier one; only the compiler can reorder them there.
    """
    server = case.incident.server
    arch, threads = server.arch, server.io_threads
    figures = {"arch": arch, "io_threads": threads, "io_threads_active": server.io_threads_active}
    proof = case.proof("os", "io_threads_active", "io-threads")
    if threads is not None and threads <= 1:
        return QUESTION.no(1.0, "No I/O threads are configured: there is nobody to race with.", proof, **figures)
    if arch in _STRONG:
        text = f"{arch} keeps the order of stores; a missing fence shows there only by what the compiler does."
        return QUESTION.no(0.5, text, proof, **figures)
    if arch not in _WEAK:
        return QUESTION.unanswerable("The log does not state the CPU's architecture.")
    if threads is None and not server.io_threads_active:
        return QUESTION.open(
            f"{arch} reorders stores, but it is not known whether I/O threads ran.", proof, **figures
        )
    active = server.io_threads_active is not False
    text = (
        f"{arch} reorders stores, and {threads or 'several'} I/O threads were {'active' if active else 'configured'}."
    )
    return QUESTION.yes(0.8 if active else 0.5, text, proof, **figures)

"""Question: was memory short, by the server's limit, the machine's size, or the signs that shortage leaves?"""

from collections.abc import Iterator

from triage.correlate.case import Case, Question
from triage.correlate.numbered import numbered
from triage.correlate.sizes import size
from triage.model import Evidence, Finding, Kind
from triage.records import dataclass

QUESTION = Question("memory-pressure", "Memory short at the failure")
FULL_SHARE = 0.95
"""Of ``maxmemory``: from here on the server evicts or refuses writes at any moment."""
MACHINE_SHARE = 0.85
FRAGMENTED = 1.5
_SMALL = 256 << 20
"""Ratios say nothing of a small heap: an idle server holds several times what it uses."""


@dataclass(frozen=True, slots=True)
class _Sign:
    strength: float
    text: str
    evidence: tuple[Evidence, ...]


def memory_pressure(case: Case) -> Finding:
    """The signs of shortage that the report and the log hold, the strongest first.

    A container's limit is not among INFO's figures: ``total_system_memory`` is the machine's.
    """
    signs = sorted(_signs(case), key=lambda sign: -sign.strength)
    figures = {
        key: case.number(key) for key in ("used_memory", "used_memory_rss", "maxmemory", "total_system_memory")
    }
    if signs:
        evidence = [line for sign in signs for line in sign.evidence]
        return QUESTION.yes(signs[0].strength, " ".join(sign.text for sign in signs), evidence, **figures)
    used = figures["used_memory"]
    if used is None:
        return QUESTION.unanswerable("The report holds no memory figures, and the log no sign of shortage.")
    return QUESTION.no(
        0.7,
        f"{size(used)} were used, {_limit(figures['maxmemory'])}. A container's limit is not in the report.",
        case.proof("used_memory", "maxmemory", "total_system_memory"),
        **figures,
    )


def _signs(case: Case) -> Iterator[_Sign]:
    if case.incident.kind is Kind.OUT_OF_MEMORY:
        yield _Sign(1.0, "The server ended because an allocation failed.", case.incident.evidence[:1])
    used, limit = case.number("used_memory"), case.number("maxmemory")
    if used and limit and used >= FULL_SHARE * limit:
        text = f"{size(used)} of the {size(limit)} that maxmemory allows were used ({used / limit:.0%})."
        yield _Sign(0.7, text, case.proof("used_memory", "maxmemory"))
    resident, machine = case.number("used_memory_rss"), case.number("total_system_memory")
    if resident and machine and resident >= MACHINE_SHARE * machine:
        text = f"The process held {size(resident)} of the machine's {size(machine)}."
        yield _Sign(0.8, text, case.proof("used_memory_rss", "total_system_memory"))
    ratio = case.number("mem_fragmentation_ratio")
    if ratio and ratio >= FRAGMENTED and used and used > _SMALL:
        text = f"Memory was fragmented: {ratio} times what is used was resident."
        yield _Sign(0.3, text, case.proof("mem_fragmentation_ratio"))
    refused = case.text("errorstat_OOM")
    if refused:
        yield _Sign(0.5, f"Commands were refused for want of memory ({refused}).", case.proof("errorstat_OOM"))
    yield from _logged(case)


def _logged(case: Case) -> Iterator[_Sign]:
    forks = [line for line in case.before("fork_failed") if "allocate" in line.text]
    if forks:
        yield _Sign(0.7, "The kernel refused a fork for want of memory.", case.lines(forks))
    evicted = case.before("client_evicted")
    if evicted:
        yield _Sign(
            0.3, f"{numbered(len(evicted), 'client was', 'clients were')} evicted for memory.", case.lines(evicted)
        )
    overcommit = case.before("overcommit_off")
    if overcommit and forks:
        yield _Sign(0.2, "The kernel's overcommit is off, as the server warned.", case.lines(overcommit))


def _limit(limit: float | int | None) -> str:
    if limit is None:
        return "the limit is not stated"
    return f"{size(limit)} were allowed" if limit else "without a limit of the server's own"

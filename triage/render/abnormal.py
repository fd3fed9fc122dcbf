"""What is out of the ordinary among INFO's figures, in words; the thresholds are the ones that operators alarm on."""

from collections.abc import Callable, Mapping

from triage.model import Incident
from triage.model.analysis import InfoValue
from triage.render import wording

Figures = Mapping[str, InfoValue]
_MIB = 1 << 20
_NEAR_LIMIT = 0.9
_FRAGMENTED = 1.5
_WORTH_FRAGMENTING = 64 * _MIB
"""Small heaps have high ratios by the allocator's own overhead."""


def abnormal(incident: Incident) -> list[str]:
    """One sentence for each abnormal figure; none if INFO is missing or shows nothing unusual."""
    figures = {key: value for section in (incident.info or {}).values() for key, value in section.items()}
    told = (rule(figures) for rule in _RULES)
    return [sentence for sentence in told if sentence]


def _number(figures: Figures, key: str) -> float:
    value = figures.get(key)
    return value if isinstance(value, int | float) else 0


def _near_maxmemory(figures: Figures) -> str | None:
    used, limit = _number(figures, "used_memory"), _number(figures, "maxmemory")
    if not limit or used < _NEAR_LIMIT * limit:
        return None
    policy = figures.get("maxmemory_policy")
    kept = " and evicts nothing" if policy == "noeviction" else ""
    return f"Memory is at {wording.percent(min(used / limit, 1))} of maxmemory{kept}."


def _fills_the_machine(figures: Figures) -> str | None:
    resident, machine = _number(figures, "used_memory_rss"), _number(figures, "total_system_memory")
    if not machine or resident < _NEAR_LIMIT * machine:
        return None
    return f"The process alone holds {wording.percent(min(resident / machine, 1))} of the machine's memory."


def _fragmented(figures: Figures) -> str | None:
    ratio, used = _number(figures, "mem_fragmentation_ratio"), _number(figures, "used_memory")
    if ratio < _FRAGMENTED or used < _WORTH_FRAGMENTING:
        return None
    return f"Memory is fragmented: the process holds {ratio:g} times what its data take."


def _swapped(figures: Figures) -> str | None:
    ratio, used = _number(figures, "mem_fragmentation_ratio"), _number(figures, "used_memory")
    if not 0 < ratio < _NEAR_LIMIT or used < _WORTH_FRAGMENTING:
        return None
    return f"Only {wording.percent(ratio)} of the data's memory is resident: the rest is swapped out."


def _near_maxclients(figures: Figures) -> str | None:
    clients, most = _number(figures, "connected_clients"), _number(figures, "maxclients")
    if not most or clients < _NEAR_LIMIT * most:
        return None
    return f"{clients:,} of at most {most:,} clients are connected."


def _rejected(figures: Figures) -> str | None:
    count = int(_number(figures, "rejected_connections"))
    return f"{wording.plural(count, 'connection')} over maxclients {_was(count)} rejected." if count else None


def _evicted(figures: Figures) -> str | None:
    count = int(_number(figures, "evicted_keys"))
    return f"{wording.plural(count, 'key')} {_was(count)} evicted for want of memory." if count else None


def _blocked(figures: Figures) -> str | None:
    count = int(_number(figures, "blocked_clients"))
    waiting = _number(figures, "connected_clients")
    return (
        f"{wording.plural(count, 'client')} of {waiting:,} waited in blocking commands."
        if count > waiting / 2
        else None
    )


def _not_ok(key: str, what: str) -> Callable[[Figures], str | None]:
    def told(figures: Figures) -> str | None:
        state = figures.get(key)
        return f"{what} failed." if state is not None and state != "ok" else None

    return told


def _link_down(figures: Figures) -> str | None:
    return "The link to the primary is down." if figures.get("master_link_status") == "down" else None


def _loading(figures: Figures) -> str | None:
    return "The data set was still being loaded." if _number(figures, "loading") else None


def _delayed_fsync(figures: Figures) -> str | None:
    count = int(_number(figures, "aof_delayed_fsync"))
    return (
        f"{wording.plural(count, 'fsync', 'fsyncs')} of the append-only file {_was(count)} late." if count else None
    )


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


_RULES: tuple[Callable[[Figures], str | None], ...] = (
    _near_maxmemory,
    _fills_the_machine,
    _fragmented,
    _swapped,
    _evicted,
    _near_maxclients,
    _rejected,
    _blocked,
    _loading,
    _not_ok("rdb_last_bgsave_status", "The last RDB save"),
    _not_ok("aof_last_bgrewrite_status", "The last rewrite of the append-only file"),
    _not_ok("aof_last_write_status", "The last write to the append-only file"),
    _delayed_fsync,
    _link_down,
)

"""Figures for people: what INFO says of memory and load, and the data of findings as facts and tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from triage.model import Incident
from triage.model.analysis import InfoValue
from triage.records import dataclass
from triage.render import wording
from triage.render.headline import Fact


@dataclass(frozen=True, slots=True)
class Group:
    """Facts under one heading."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of equal length; ``left_out`` more did not fit. ``lines`` says which column holds line numbers.

    ``numeric`` are the columns of plain figures, which read best when they end at one edge.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0
    lines: int | None = None
    numeric: frozenset[int] = frozenset()


def _plain(value: InfoValue) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _bytes(value: InfoValue) -> str:
    return wording.size(value) if isinstance(value, int) else str(value)


def _limit(value: InfoValue) -> str:
    return "no limit" if value == 0 else _bytes(value)


def _switch(value: InfoValue) -> str:
    return {0: "no", 1: "yes"}.get(value, str(value)) if isinstance(value, int) else str(value)


_FIGURES: dict[str, dict[str, tuple[str, Callable[[InfoValue], str]]]] = {
    "Memory": {
        "used_memory": ("Used", _bytes),
        "used_memory_rss": ("Resident", _bytes),
        "used_memory_peak": ("Peak", _bytes),
        "maxmemory": ("maxmemory", _limit),
        "maxmemory_policy": ("Policy", _plain),
        "mem_fragmentation_ratio": ("Fragmentation", _plain),
        "total_system_memory": ("Machine", _bytes),
    },
    "Load": {
        "connected_clients": ("Clients", _plain),
        "maxclients": ("maxclients", _plain),
        "blocked_clients": ("Blocked clients", _plain),
        "instantaneous_ops_per_sec": ("Commands per second", _plain),
        "total_commands_processed": ("Commands so far", _plain),
        "total_connections_received": ("Connections so far", _plain),
        "rejected_connections": ("Rejected connections", _plain),
        "evicted_keys": ("Evicted keys", _plain),
    },
    "Persistence": {
        "loading": ("Loading", _switch),
        "rdb_bgsave_in_progress": ("Saving RDB", _switch),
        "rdb_last_bgsave_status": ("Last RDB save", _plain),
        "aof_enabled": ("AOF", _switch),
        "aof_rewrite_in_progress": ("Rewriting AOF", _switch),
        "aof_last_write_status": ("Last AOF write", _plain),
    },
    "Replication": {
        "role": ("Role", _plain),
        "connected_slaves": ("Replicas", _plain),
        "master_link_status": ("Link to primary", _plain),
        "cluster_enabled": ("Cluster", _switch),
    },
}


def info_groups(incident: Incident) -> list[Group]:
    """Memory, load, persistence and replication from the report's INFO, whatever section a key stands in."""
    known = {key: value for section in (incident.info or {}).values() for key, value in section.items()}
    groups = [
        Group(title, tuple(Fact(label, told(known[key])) for key, (label, told) in wanted.items() if key in known))
        for title, wanted in _FIGURES.items()
    ]
    return [group for group in groups if group.facts]


def data_facts(data: Mapping[str, Any], skip: Sequence[str] = ()) -> list[Fact]:
    """The single figures of a finding; those one level down are named after their parent."""
    facts = []
    for key, value in data.items():
        if key in skip or value is None:
            continue
        if _is_single(value):
            facts.append(Fact(label(key), told(key, value)))
        elif isinstance(value, Mapping) and not _counts_by_name(key, value):
            inner = {f"{key}_{name}": item for name, item in value.items() if _is_single(item)}
            facts += [Fact(label(name), told(name, item)) for name, item in inner.items()]
        elif isinstance(value, list | tuple) and value and all(_is_single(item) for item in value):
            facts.append(Fact(label(key), ", ".join(told(key, item) for item in value[:20])))
    return facts


def data_tables(data: Mapping[str, Any], rows: int, skip: Sequence[str] = ()) -> list[Table]:
    """The lists of records and the counts by name of a finding, at most ``rows`` rows each."""
    tables = []
    for key, value in data.items():
        if key in skip or not value:
            continue
        if isinstance(value, Mapping) and _counts_by_name(key, value):
            shown = tuple((str(name), f"{count:,}") for name, count in list(value.items())[:rows])
            columns = (label(key.removeprefix("by_")), "Count")
            tables.append(Table(label(key), columns, shown, max(len(value) - rows, 0), None, _COUNTED))
        elif isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value):
            tables.append(records(label(key), value, rows))
    return tables


def records(title: str, items: Sequence[Mapping[str, Any]], rows: int) -> Table:
    """Records as a table with a column for every key that holds a single value."""
    found = dict.fromkeys(key for item in items[:rows] for key, value in item.items() if _is_single(value))
    keys = list(found)[:MOST_COLUMNS]
    listed = items[:rows]
    day = _common_day(listed, keys)
    shown = tuple(tuple(_cell(key, item.get(key), day) for key in keys) for item in listed)
    line = keys.index("line") if "line" in keys else None
    numeric = frozenset(at for at, key in enumerate(keys) if all(_is_figure(item.get(key)) for item in listed))
    caption = title if day is None else f"{title}, {day}"
    return Table(caption, tuple(map(label, keys)), shown, max(len(items) - rows, 0), line, numeric)


def _common_day(items: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> str | None:
    """The date and zone that all moments of the records share, so that their cells need the clock alone."""
    moments = [moment for item in items for key in keys if (moment := wording.instant(item.get(key)))]
    days = {f"{wording.date(moment)}, {wording.zone(moment)}" for moment in moments}
    return days.pop() if len(days) == 1 and len(moments) > 1 else None


def _cell(key: str, value: object, day: str | None) -> str:
    moment = wording.instant(value) if day else None
    return told(key, value) if moment is None else wording.clock(moment)


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _seconds(value: float) -> str:
    return wording.milliseconds(value * 1000)


MOST_COLUMNS = 10
_COUNTED = frozenset({1})
LONG = 60
"""A value of more characters is a note, not a figure."""
_UNITS: dict[str, Callable[[float], str]] = {"_ms": wording.milliseconds, "_seconds": _seconds, "_s": _seconds}
_LABELS = {
    "mstime": "Its own clock",
    "open": "Open connections",
    "own_links": "Replication and cluster links",
    "only_whole_seconds": "Known to the second only",
    "in_handshake": "Still in the handshake",
    "arrival_rate_per_second": "Arrivals per second",
    "arrival_rate_usual_per_second": "Usual arrivals per second",
    "arrival_rate_window_seconds": "Arrivals counted over",
    "arrival_rate_count": "Arrivals counted",
    "arrival_rate_source": "Arrivals taken from",
    "count": "Count",
    "total": "TLS errors of every kind",
    "tested": "Errors tested for bursts",
    "baseline_seconds": "Baseline over",
    "log10_p": "Chance",
    "last_error_before_failure_ms": "Last error before the failure",
    "last_burst_before_failure_ms": "Last burst before the failure",
    "followed_within_seconds": "Failure looked for within",
}
"""Labels of keys whose own words are not enough."""
_BYTES = ("bytes", "memory", "memory_rss")
_COUNTS = frozenset({"only_whole_seconds"})
"""Keys that end like a unit and are none."""
_SPELLINGS = {"tls": "TLS", "io": "I/O", "id": "ID", "addr": "address", "laddr": "local address"}


def label(key: str) -> str:
    """A key of a finding's data in words: ``at_or_under_threshold`` as ``At or under threshold``."""
    if key in _LABELS:
        return _LABELS[key]
    for unit in _UNITS:
        key = key.removesuffix(unit)
    words = (_SPELLINGS.get(word, word) for word in key.replace("-", "_").split("_"))
    return wording.sentence(" ".join(words))


def told(key: str, value: object) -> str:
    """A single value in words, by the unit that its key ends in."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        for unit, in_words in _UNITS.items():
            if key.endswith(unit) and key not in _COUNTS:
                return in_words(value)
        if key in ("line", "id"):
            return str(value)
        if key == "log10_p":
            return wording.power_of_ten(round(value))
        if key.endswith(_BYTES) and isinstance(value, int):
            return wording.size(value)
        return f"{value:,}" if isinstance(value, int) else wording.figure(value)
    if key.endswith("source"):
        return str(value).replace("-", " ")
    moment = wording.instant(value)
    return str(value) if moment is None else wording.moment(moment)


def _is_single(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _counts_by_name(key: str, value: Mapping[str, Any]) -> bool:
    """Whether the mapping's keys are data (reasons, peers, ranges of age), not names of figures."""
    return key.startswith(("by_", "spread")) and all(isinstance(count, int) for count in value.values())

"""The TLS errors of a log as a table, and how many there are of what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from triage.correlate.timeline import ROUND_STEPS
from triage.logs.scanned import NO_TIME, EventTable
from triage.model import Instant

if TYPE_CHECKING:
    import pandas as pd

HANDSHAKE_STAGES = ("accepting", "cluster")
"""Stages at which only TLS can fail."""

_ORDINARY_ENDS = ("unexpected eof while reading", "reason(0)", "Success")
"""How reading ends when a client just closes its socket, without TLS's goodbye."""

_MOST_NAMED = 20
_MOST_POINTS = 600


def errors_frame(table: EventTable, rows: NDArray[np.intp]) -> "pd.DataFrame":
    """The given rows, by time: ``time`` (ms), ``line``, ``row``, ``stage``, ``reason``, ``peer`` (host or ``None``),
    ``handshake`` (told of a handshake), ``tested`` (part of the burst test). Rows without a time are left out.

    Bursts are looked for in failed handshakes and broken TLS records. Connections that are reset, refused or closed
    without a goodbye, as plain TCP has them too, are counted only.
    """
    import pandas as pd

    rows = rows[table.times[rows] != NO_TIME]
    frame = pd.DataFrame({"time": table.times[rows], "line": table.lines[rows], "row": rows})
    for name in ("stage", "reason"):
        frame[name] = pd.Series([table.fields[name][row] or "" for row in rows], dtype="object")
    frame["peer"] = pd.Series([_host(table.fields["addr"][row]) for row in rows], dtype="object")
    frame["handshake"] = frame["stage"].isin(HANDSHAKE_STAGES)
    broken = frame["reason"].str.startswith("error:") & ~frame["reason"].str.endswith(_ORDINARY_ENDS)
    frame["tested"] = frame["handshake"] | broken
    return frame.sort_values("time", kind="stable", ignore_index=True)


def has_tls_errors(table: EventTable | None, rows: NDArray[np.intp] | None = None) -> bool:
    """Whether any of the rows can only come from TLS. Needs no pandas."""
    if table is None:
        return False
    stages, reasons = table.fields["stage"], table.fields["reason"]
    chosen: Sequence[int] | NDArray[np.intp] = range(len(stages)) if rows is None else rows
    return any(stages[row] in HANDSHAKE_STAGES or (reasons[row] or "").startswith("error:") for row in chosen)


def counted(frame: "pd.DataFrame", zone: int | None) -> dict[str, Any]:
    """How many errors there are: ``count`` (clients' failed handshakes), ``total``, by stage, reason and peer."""
    peers = frame["peer"].dropna()
    return {
        "count": int((frame["stage"] == "accepting").sum()),
        "total": len(frame),
        "by_stage": {str(stage): int(n) for stage, n in frame["stage"].value_counts().sort_index().items()},
        "by_reason": [{"reason": reason, "count": n} for reason, n in _most(frame["reason"])],
        "by_peer": [{"peer": peer, "count": n} for peer, n in _most(peers)],
        "peer_not_stated": len(frame) - len(peers),
        "first": Instant(int(frame["time"].iloc[0]), zone).isoformat(),
        "last": Instant(int(frame["time"].iloc[-1]), zone).isoformat(),
    }


def series(frame: "pd.DataFrame", start_ms: int, end_ms: int, zone: int | None) -> dict[str, Any]:
    """Tested errors per bucket, at most 600 points: ``start``, ``bucket_seconds``, ``counts``."""
    seconds = max(0, end_ms - start_ms) // 1000 + 1
    width = next((step for step in ROUND_STEPS if -(-seconds // step) <= _MOST_POINTS), -(-seconds // _MOST_POINTS))
    times = frame.loc[frame["tested"] & frame["time"].between(start_ms, end_ms), "time"]
    buckets = times.groupby((times - start_ms) // (width * 1000)).size()
    counts = buckets.reindex(range(-(-seconds // width)), fill_value=0)
    return {
        "start": Instant(start_ms, zone).isoformat(),
        "bucket_seconds": width,
        "counts": [int(n) for n in counts],
    }


def _host(address: str | None) -> str | None:
    return address.rpartition(":")[0] or None if address else None


def _most(values: "pd.Series[Any]") -> list[tuple[str, int]]:
    """The most frequent values with their counts; equal counts in alphabetical order."""
    counts = sorted(values.value_counts().items(), key=lambda pair: (-pair[1], str(pair[0])))
    return [(str(value), int(n)) for value, n in counts[:_MOST_NAMED]]

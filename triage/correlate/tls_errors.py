"""The TLS errors of a log as a table, and how many there are of what."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.correlate.timeline import ROUND_STEPS
from triage.logs.scanned import NO_TIME, Coded, EventTable
from triage.model import Instant
from triage.records import dataclass

HANDSHAKE_STAGES = ("accepting", "cluster")
"""Stages at which only TLS can fail."""

_ORDINARY_ENDS = ("unexpected eof while reading", "reason(0)", "Success")
"""How reading ends when a client just closes its socket, without TLS's goodbye."""

_MOST_NAMED = 20
_MOST_POINTS = 600


@dataclass(frozen=True, slots=True)
class TlsErrors:
    """Errors by time, as columns: wall-clock ms, the row of the flood's table, stage, reason, host of the peer.

    ``tested`` errors take part in the burst test: failed handshakes and broken TLS records. Connections that are
    reset, refused or closed without a goodbye, as plain TCP has them too, are counted only.
    """

    times: NDArray[np.int64]
    rows: NDArray[np.intp]
    stages: Coded
    reasons: Coded
    peers: Coded
    tested: NDArray[np.bool_]

    @classmethod
    def of(cls, table: EventTable, rows: NDArray[np.intp]) -> "TlsErrors":
        """The given rows of a table; those without a time are left out."""
        rows = rows[table.times[rows] != NO_TIME]
        rows = rows[np.argsort(table.times[rows], kind="stable")]
        read = _read(table)
        return cls(
            times=table.times[rows],
            rows=rows,
            stages=read.stages.at(rows),
            reasons=read.reasons.at(rows),
            peers=read.peers.at(rows),
            tested=read.tested[rows],
        )

    def __len__(self) -> int:
        return len(self.rows)


def has_tls_errors(table: EventTable | None, rows: NDArray[np.intp] | None = None) -> bool:
    """Whether any of the rows can only come from TLS."""
    if table is None:
        return False
    only_tls = _read(table).only_tls
    return bool(only_tls.any() if rows is None else only_tls[rows].any())


class _Columns(NamedTuple):
    """What all lines of a table say, read once for all questions."""

    stages: Coded
    reasons: Coded
    peers: Coded
    tested: NDArray[np.bool_]
    only_tls: NDArray[np.bool_]


@lru_cache(maxsize=2)
def _read(table: EventTable) -> _Columns:
    stages, reasons, peers = (table.fields[name].coded() for name in ("stage", "reason", "host"))
    pairs = [(stage or "", reason or "") for stage in stages.values for reason in reasons.values]
    told = stages.codes * len(reasons.values) + reasons.codes
    tested = np.array([_is_tested(*pair) for pair in pairs], dtype=np.bool_)
    only_tls = np.array([stage in HANDSHAKE_STAGES or reason.startswith("error:") for stage, reason in pairs])
    return _Columns(stages, reasons, peers, tested[told], only_tls[told])


def counted(errors: TlsErrors, zone: int | None) -> dict[str, Any]:
    """How many errors there are: ``count`` (clients' failed handshakes), ``total``, by stage, reason and peer."""
    stages, reasons, peers = errors.stages.counts(), errors.reasons.counts(), errors.peers.counts()
    nobody = peers.pop(None, 0)
    return {
        "count": stages.get("accepting", 0),
        "total": len(errors),
        "by_stage": dict(sorted(_named(stages))),
        "by_reason": [{"reason": reason, "count": n} for reason, n in _most(reasons)],
        "by_peer": [{"peer": peer, "count": n} for peer, n in _most(peers)],
        "peer_not_stated": nobody,
        "first": Instant(int(errors.times[0]), zone).isoformat(),
        "last": Instant(int(errors.times[-1]), zone).isoformat(),
    }


def series(errors: TlsErrors, start_ms: int, end_ms: int, zone: int | None) -> dict[str, Any]:
    """Tested errors per bucket, at most 600 points: ``start``, ``bucket_seconds``, ``counts``."""
    seconds = max(0, end_ms - start_ms) // 1000 + 1
    width = next((step for step in ROUND_STEPS if -(-seconds // step) <= _MOST_POINTS), -(-seconds // _MOST_POINTS))
    times = errors.times[errors.tested & (errors.times >= start_ms) & (errors.times <= end_ms)]
    counts = np.bincount((times - start_ms) // (width * 1000), minlength=-(-seconds // width))
    return {"start": Instant(start_ms, zone).isoformat(), "bucket_seconds": width, "counts": counts.tolist()}


def _is_tested(stage: str, reason: str) -> bool:
    return stage in HANDSHAKE_STAGES or (reason.startswith("error:") and not reason.endswith(_ORDINARY_ENDS))


def _named(counts: Mapping[str | None, int]) -> list[tuple[str, int]]:
    return [(value or "", count) for value, count in counts.items()]


def _most(counts: Mapping[str | None, int]) -> list[tuple[str, int]]:
    """The most frequent values with their counts; equal counts in alphabetical order."""
    return sorted(_named(counts), key=lambda pair: (-pair[1], pair[0]))[:_MOST_NAMED]

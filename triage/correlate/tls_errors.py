"""The TLS errors of a log as a table, and how many there are of what."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.correlate.timeline import ROUND_STEPS
from triage.logs.scanned import NO_TIME, EventTable
from triage.model import Instant

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
    stages: tuple[str, ...]
    reasons: tuple[str, ...]
    peers: tuple[str | None, ...]
    tested: NDArray[np.bool_]

    @classmethod
    def of(cls, table: EventTable, rows: NDArray[np.intp]) -> "TlsErrors":
        """The given rows of a table; those without a time are left out."""
        rows = rows[table.times[rows] != NO_TIME]
        rows = rows[np.argsort(table.times[rows], kind="stable")]
        stages, reasons, addresses = (table.fields[name].at(rows) for name in ("stage", "reason", "addr"))
        told = [(stage or "", reason or "") for stage, reason in zip(stages, reasons, strict=True)]
        known = {pair: _is_tested(*pair) for pair in set(told)}
        return cls(
            times=table.times[rows],
            rows=rows,
            stages=tuple(stage for stage, _ in told),
            reasons=tuple(reason for _, reason in told),
            peers=tuple(map(_host, addresses)),
            tested=np.array([known[pair] for pair in told], dtype=np.bool_),
        )

    def __len__(self) -> int:
        return len(self.rows)


def has_tls_errors(table: EventTable | None, rows: NDArray[np.intp] | None = None) -> bool:
    """Whether any of the rows can only come from TLS."""
    if table is None:
        return False
    stages, reasons = (table.fields[name] for name in ("stage", "reason"))
    told = zip(stages, reasons, strict=True) if rows is None else zip(stages.at(rows), reasons.at(rows), strict=True)
    return any(stage in HANDSHAKE_STAGES or (reason or "").startswith("error:") for stage, reason in told)


def counted(errors: TlsErrors, zone: int | None) -> dict[str, Any]:
    """How many errors there are: ``count`` (clients' failed handshakes), ``total``, by stage, reason and peer."""
    stages = Counter(errors.stages)
    peers = [peer for peer in errors.peers if peer is not None]
    return {
        "count": stages["accepting"],
        "total": len(errors),
        "by_stage": {stage: stages[stage] for stage in sorted(stages) if stages[stage]},
        "by_reason": [{"reason": reason, "count": n} for reason, n in _most(errors.reasons)],
        "by_peer": [{"peer": peer, "count": n} for peer, n in _most(peers)],
        "peer_not_stated": len(errors) - len(peers),
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


def _host(address: str | None) -> str | None:
    return address.rpartition(":")[0] or None if address else None


def _most(values: Iterable[str]) -> list[tuple[str, int]]:
    """The most frequent values with their counts; equal counts in alphabetical order."""
    return sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_NAMED]

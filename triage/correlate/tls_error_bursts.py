"""Question: did TLS errors come in a burst right before the failure, and did such bursts pass without one?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.correlate.bursts import ALPHA, Baseline, Burst, find_bursts
from triage.correlate.probe_noise import Probe, find_probes
from triage.correlate.process_rows import Failure, failure_evidence, failure_of
from triage.correlate.tls_burst_words import noise_summary, summary
from triage.correlate.tls_errors import TlsErrors, counted, has_tls_errors, series
from triage.logs.scanned import EventTable, LogScan
from triage.model import Evidence, Finding, Incident, Instant, Outcome
from triage.records import dataclass

FINDING_ID = "tls-error-bursts"
TITLE = "TLS error bursts before the failure"
NOISE_ID = "tls-handshake-errors"
NOISE_TITLE = "TLS handshake errors"

METHOD = (
    "Poisson scan of one-second bins against the median rate, p-values corrected for the number of bins "
    f"(Bonferroni), burst from p < {ALPHA}; health probes at a steady interval are left out"
)

FOLLOWED_WITHIN_MS = 10_000
"""A failure this soon after a burst counts as following it; a handshake is over in far less."""

_FULL = 0.9
_HALF_CLOSE_MS = 3_000
_SURE_LOG10_P = -6
_UNEVENTFUL = 0.5
"""By how much support falls if all other bursts passed without a failure."""

_ONGOING = 0.15
_ONGOING_MS = 10_000
_ONGOING_GAP_MS = 1_000
_ONGOING_PER_SECOND = 1
_NO_SUPPORT_BELOW = 0.05
_LISTED = 20


@dataclass(frozen=True, slots=True)
class _Tested:
    """The errors of one span of time, with what the test found in them."""

    errors: TlsErrors
    start_ms: int
    end_ms: int
    baseline: Baseline
    bursts: tuple[Burst, ...]
    probes: tuple[Probe, ...]
    irregular: NDArray[np.int64]
    """When the tested errors came that are no probe's."""
    dropped: int


def tls_error_bursts(incident: Incident, scan: LogScan) -> Finding:
    """Whether a burst of TLS errors ended at the failure.

    Test: ``triage.correlate.bursts``. Strength = 0.9 · certainty · closeness · (1 - 0.5 · share of the other bursts
    that no failure followed), with certainty = min(1, log10 p / -6) and closeness = 1 / (1 + gap / 3 s). Errors that
    run on to the failure at one a second or more, without any burst, support at 0.15. Probes support nothing.
    """
    table = scan.floods.get("tls_error")
    failure = failure_of(incident, scan)
    rows = failure.rows(table) if table is not None else None
    if table is None or rows is None or failure.time_ms is None or not has_tls_errors(table, rows):
        return Finding(
            FINDING_ID, TITLE, Outcome.NOT_APPLICABLE, 0.0, _nothing_to_test(incident, failure), {"count": 0}
        )
    tested = _test(TlsErrors.of(table, rows), table.dropped, _start_ms(table, failure), failure.time_ms)
    if tested is None:
        return Finding(
            FINDING_ID, TITLE, Outcome.NOT_APPLICABLE, 0.0, "No TLS error has a readable time.", {"count": 0}
        )
    zone = incident.time.utc_offset_minutes if incident.time else None
    data = _data(tested, zone) | _before_failure(tested, failure.time_ms)
    outcome, strength = _weigh(tested, data, failure.time_ms)
    evidence = (*_lines(tested, table, scan.input, failure.time_ms), *failure_evidence(incident))
    return Finding(FINDING_ID, TITLE, outcome, strength, summary(tested.bursts, data), data, evidence)


def tls_noise(scan: LogScan) -> Finding | None:
    """The log's TLS errors as an observation, with or without a failure; ``None`` if no handshake failed.

    ``data.count`` is the number of client handshakes that failed; the rest of ``data`` is as for the bursts.
    """
    table = scan.floods.get("tls_error")
    accepting = table.fields["stage"].coded().counts().get("accepting", 0) if table is not None else 0
    if table is None or not accepting:
        return None
    rows = np.arange(int(table.gaps[-1]) if len(table.gaps) else 0, len(table.lines))
    tested = _test(TlsErrors.of(table, rows), table.total - len(rows), *_span(table, scan))
    if tested is None:
        # Lines without a time, as in a paste that lost it, can still be counted.
        count = accepting + table.dropped
        lines = (Evidence(scan.input, table.texts[0], int(table.lines[0])),)
        return Finding(
            NOISE_ID, NOISE_TITLE, Outcome.NEUTRAL, 0.0, noise_summary({"count": count}), {"count": count}, lines
        )
    zone = scan.first_time.utc_offset_minutes if scan.first_time else None
    data = _data(tested, zone)
    evidence = _lines(tested, table, scan.input, tested.end_ms)
    return Finding(NOISE_ID, NOISE_TITLE, Outcome.NEUTRAL, 0.0, noise_summary(data), data, evidence)


def _test(errors: TlsErrors, dropped: int, start_ms: int | None, end_ms: int | None) -> _Tested | None:
    if not len(errors):
        return None
    start_ms = int(errors.times[0]) if start_ms is None else start_ms
    end_ms = int(errors.times[-1]) if end_ms is None else end_ms
    times = errors.times[errors.tested]
    probes, theirs = find_probes(times, errors.peers.at(np.flatnonzero(errors.tested)))
    irregular = times[~theirs]
    baseline, bursts = find_bursts(irregular, start_ms, max(start_ms, end_ms))
    return _Tested(errors, start_ms, end_ms, baseline, bursts, tuple(probes), irregular, dropped)


def _start_ms(table: EventTable, failure: Failure) -> int | None:
    """The watch begins with the process, or with the oldest line that was kept."""
    return None if table.dropped else failure.started_ms


def _span(table: EventTable, scan: LogScan) -> tuple[int | None, int | None]:
    start = None if table.dropped or scan.first_time is None else scan.first_time.wall_ms
    return start, scan.last_time.wall_ms if scan.last_time else None


def _data(tested: _Tested, zone: int | None) -> dict[str, Any]:
    return (
        counted(tested.errors, zone)
        | {
            "tested": int(tested.errors.tested.sum()),
            "method": METHOD,
            "baseline": {
                "per_second": round(tested.baseline.per_second, 4),
                "dispersion": round(tested.baseline.dispersion, 2),
                "seconds": tested.baseline.seconds,
            },
            "bursts": [_burst_entry(burst, zone) for burst in tested.bursts[-_LISTED:]],
            "bursts_found": len(tested.bursts),
            "probes": [
                {
                    "peer": probe.peer,
                    "period_seconds": probe.period_seconds,
                    "visits": probe.visits,
                    "errors": probe.errors,
                }
                for probe in tested.probes
            ],
            "series": series(tested.errors, tested.start_ms, tested.end_ms, zone),
        }
        | ({"older_lines_not_kept": tested.dropped} if tested.dropped else {})
    )


def _burst_entry(burst: Burst, zone: int | None) -> dict[str, Any]:
    return {
        "start": Instant(burst.start_ms, zone).isoformat(),
        "end": Instant(burst.end_ms, zone).isoformat(),
        "seconds": round((burst.end_ms - burst.start_ms) / 1000, 3),
        "count": burst.count,
        "expected": round(burst.expected, 2),
        "log10_p": round(burst.log10_p, 1),
    }


def _before_failure(tested: _Tested, failed_ms: int) -> dict[str, Any]:
    """How long before the failure the last error and the last burst were, and how the other bursts ended."""
    times = tested.errors.times
    earlier = times[times <= failed_ms]
    irregular = tested.irregular
    near = irregular[(irregular <= failed_ms) & (irregular > failed_ms - _ONGOING_MS)]
    watched = min(_ONGOING_MS, max(failed_ms - tested.start_ms, _ONGOING_GAP_MS))
    rate = len(near) * 1000 / watched
    close = len(near) > 0 and failed_ms - int(near[-1]) <= _ONGOING_GAP_MS
    uneventful = sum(failed_ms - burst.end_ms > FOLLOWED_WITHIN_MS for burst in tested.bursts)
    found: dict[str, Any] = {
        "bursts_without_failure": uneventful,
        "followed_within_seconds": FOLLOWED_WITHIN_MS // 1000,
        "per_second_before_failure": round(rate, 2),
        "ongoing": close and rate >= _ONGOING_PER_SECOND,
    }
    if len(earlier):
        found["last_error_before_failure_ms"] = failed_ms - int(earlier[-1])
    if tested.bursts:
        found["last_burst_before_failure_ms"] = failed_ms - tested.bursts[-1].end_ms
    return found


def _weigh(tested: _Tested, data: dict[str, Any], failed_ms: int) -> tuple[Outcome, float]:
    if not tested.bursts:
        return (Outcome.SUPPORTS, _ONGOING) if data["ongoing"] else (Outcome.NEUTRAL, 0.0)
    last = tested.bursts[-1]
    certainty = min(1.0, last.log10_p / _SURE_LOG10_P)
    closeness = 1 / (1 + (failed_ms - last.end_ms) / _HALF_CLOSE_MS)
    share = data["bursts_without_failure"] / len(tested.bursts)
    strength = _FULL * certainty * closeness * (1 - _UNEVENTFUL * share)
    return (Outcome.SUPPORTS, round(strength, 2)) if strength >= _NO_SUPPORT_BELOW else (Outcome.NEUTRAL, 0.0)


def _lines(tested: _Tested, table: EventTable, log: str, until_ms: int) -> tuple[Evidence, ...]:
    """The first error, the last burst's first, and the last error up to a moment, in the order of the log."""
    errors = tested.errors
    shown = np.flatnonzero(errors.tested & (errors.times <= until_ms))
    if not len(shown):
        shown = np.arange(len(errors))
    chosen = {int(errors.rows[shown[0]]), int(errors.rows[shown[-1]])}
    if tested.bursts:
        later = shown[errors.times[shown] >= tested.bursts[-1].start_ms]
        chosen.add(int(errors.rows[later[0]]))
    return tuple(Evidence(log, table.texts[row], int(table.lines[row])) for row in sorted(chosen))


def _nothing_to_test(incident: Incident, failure: Failure) -> str:
    if incident.server.tls is False:
        return "The server did not use TLS."
    if failure.time_ms is None:
        return "The failure has no readable time, so nothing can be said to come before it."
    return "The log holds no TLS error of this process."

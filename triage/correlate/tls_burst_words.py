"""What is said of TLS errors, in plain sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from triage.correlate.bursts import FEWEST_SECONDS, Burst
from triage.correlate.durations import duration
from triage.correlate.numbered import numbered


def summary(bursts: Sequence[Burst], data: Mapping[str, Any]) -> str:
    """The finding on bursts before a failure; ``data`` are the finding's figures."""
    return " ".join([*_before_failure(bursts, data), *_probes(data), *_dropped(data)])


def noise_summary(data: Mapping[str, Any]) -> str:
    """The observation on a whole log's TLS errors."""
    count = data["count"]
    text = f"{numbered(count, 'client failed its', 'clients failed their')} TLS handshake."
    bursts = data.get("bursts_found", 0)
    if bursts:
        text += f" {bursts} {'bursts stand' if bursts > 1 else 'burst stands'} out from the usual rate."
    return " ".join([text, *_probes(data), *_dropped(data)])


def _before_failure(bursts: Sequence[Burst], data: Mapping[str, Any]) -> list[str]:
    gap = data.get("last_error_before_failure_ms")
    last_error = f"The last TLS error came {duration(gap)} before the failure." if gap is not None else ""
    if not bursts:
        steady = f"They ran on at {data['per_second_before_failure']:.3g} a second up to the failure."
        parts = (_no_burst(data), steady if data["ongoing"] else "", last_error)
        return [part for part in parts if part]
    last = bursts[-1]
    head = (
        f"A burst of {last.count:,} TLS errors in {duration(last.end_ms - last.start_ms)} "
        f"(expected {last.expected:.2g}, {_probability(last.log10_p)}) "
        f"ended {duration(data['last_burst_before_failure_ms'])} before the failure."
    )
    others, uneventful = len(bursts), data["bursts_without_failure"]
    check = f"{uneventful} of {others} bursts had no failure within {data['followed_within_seconds']} s."
    return [head, check if uneventful else "", last_error] if uneventful else [head, last_error]


def _no_burst(data: Mapping[str, Any]) -> str:
    errors = numbered(data["tested"], "TLS error")
    if data["baseline"]["seconds"] < FEWEST_SECONDS:
        return f"{errors}; the log is too short to tell a burst from the usual rate."
    return f"{errors}, of which no stretch stands out as a burst."


def _probes(data: Mapping[str, Any]) -> list[str]:
    probes = data.get("probes") or []
    if not probes:
        return []
    errors = sum(probe["errors"] for probe in probes)
    periods = ", ".join(sorted({f"{probe['period_seconds']:.3g} s" for probe in probes}))
    noun = "errors come" if errors > 1 else "error comes"
    return [f"{errors:,} {noun} at a steady interval ({periods}), as a health probe's do, and count for nothing."]


def _dropped(data: Mapping[str, Any]) -> list[str]:
    dropped = data.get("older_lines_not_kept", 0)
    return [f"The oldest {dropped:,} error lines of this log were too many to keep and are not in the test."] * bool(
        dropped
    )


def _probability(log10_p: float) -> str:
    return f"p < 1e{max(int(log10_p), -100)}" if log10_p <= -4 else f"p = {10**log10_p:.2g}"

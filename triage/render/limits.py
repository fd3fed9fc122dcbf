"""How much of everything a report holds, so that the HTML stays under half a megabyte whatever the input."""

from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds: ``text``, ``raw_line`` in characters, ``raw_bytes`` in bytes over all incidents, else items."""

    text: int = 2000
    raw_line: int = 600
    raw_bytes: int = 250_000
    evidence: int = 8
    reasons: int = 30
    rows: int = 20
    tables: int = 6
    findings: int = 20
    frames: int = 100
    stacks: int = 30
    incidents: int = 20
    index: int = 200
    inputs: int = 100
    observations: int = 50


MOST_BYTES = 500_000
"""Size that an HTML report never reaches."""

STEPS = (
    Limits(),
    Limits(
        text=800, raw_line=300, raw_bytes=100_000, evidence=5, rows=15, tables=5, findings=12, frames=50, stacks=15,
        incidents=8, index=100, inputs=50, observations=25,
    ),
    Limits(
        text=400, raw_line=200, raw_bytes=40_000, evidence=3, reasons=10, rows=10, tables=4, findings=8, frames=30,
        stacks=8, incidents=3, index=50, inputs=20, observations=12,
    ),
    Limits(
        text=60, raw_line=80, raw_bytes=8_000, evidence=1, reasons=4, rows=3, tables=2, findings=3, frames=6,
        stacks=2, incidents=1, index=10, inputs=4, observations=3,
    ),
)  # fmt: skip
"""From generous to frugal; the last fits for any input."""

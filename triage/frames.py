"""An analysis as pandas DataFrames, for notebooks: ``pip install 'valkey-triage[pandas]'``.

pandas is loaded when a function here is called, never before; the command line does not use it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from triage.model import Analysis, Incident

if TYPE_CHECKING:
    import pandas as pd


def series(analysis: Analysis) -> "pd.DataFrame":
    """Counts per bucket of the timeline: log lines by level, TLS errors, connections accepted and closed.

    One row per bucket, one integer column per series that the log holds (``notice``, ``tls-errors``, ``accepted`` …).
    The index, ``time``, is where each bucket starts: with a zone where the log's is known, else by the server's own
    clock. Empty if no line of the log has a time.
    """
    import pandas as pd

    timeline = analysis.timeline
    if timeline is None:
        return pd.DataFrame(index=pd.DatetimeIndex([], name="time"))
    counts = {line.id: line.points for line in timeline.series}
    start = pd.Timestamp(timeline.start.isoformat()) if timeline.start.has_year else pd.Timestamp(0)
    buckets = max(map(len, counts.values()), default=0)
    index = pd.date_range(start, periods=buckets, freq=pd.Timedelta(seconds=timeline.bucket_seconds), name="time")
    return pd.DataFrame(counts, index=index)


def connections(analysis: Analysis) -> "pd.DataFrame":
    """One row per connection of each crash report's client list, in its order.

    ``incident`` is the 1-based number of the incident, ``line`` where the connection stands in the log. ``age_ms`` is
    its age at the failure to the millisecond, for the youngest whose *Accepted* line the log holds; else missing. All
    other columns are the server's own: ``id``, ``addr``, ``age`` and ``idle`` in seconds, ``tot-mem`` in bytes,
    ``flags`` as a tuple of names.
    """
    import pandas as pd

    rows = [
        {"incident": number, "line": client.line, "age_ms": ages.get(client.number("id")), **client.fields}
        for number, incident in enumerate(analysis.incidents, start=1)
        for ages in (_ages_ms(incident),)
        for client in (incident.clients.list if incident.clients else ())
    ]
    frame = pd.DataFrame(rows, columns=None if rows else ["incident", "line", "age_ms"])
    return frame.astype({"line": "Int64", "age_ms": "Int64"})


def _ages_ms(incident: Incident) -> Mapping[int | None, int]:
    """The ages that rest on *Accepted* lines, by client id."""
    found = next((finding for finding in incident.findings if finding.id == "new-connections"), None)
    youngest = found.data.get("youngest") if found else None
    return {entry["id"]: entry["age_ms"] for entry in youngest or () if entry.get("source") == "accepted-lines"}

"""Durations as people read them."""

_UNITS = (("h", 3_600_000), ("min", 60_000), ("s", 1_000))


def duration(ms: int) -> str:
    """``8 ms``, ``3.81 s``, ``2.5 min``; ``under 1 ms`` for zero, as logs know no finer."""
    for unit, size in _UNITS:
        if ms >= size:
            return f"{ms / size:.3g} {unit}"
    return f"{ms} ms" if ms else "under 1 ms"

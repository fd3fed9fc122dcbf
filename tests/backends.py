"""The ways to scan that this installation has."""

from triage.logs.scan_backend import Backend, backend


def _built() -> tuple[Backend, ...]:
    try:
        return backend("portable"), backend("native")
    except ImportError:
        return (backend("portable"),)


BACKENDS = _built()

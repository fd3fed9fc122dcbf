"""Finds the grammars and report templates: beside the package in a checkout, inside it once installed."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def resource_dir(name: str) -> Path:
    """The directory of ``grammars`` or ``reports``.

    The wheel carries both inside the package (see ``pyproject.toml``); a checkout has them at its top level.
    """
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


@cache
def cache_dir() -> Path | None:
    """A directory of the user's for parser tables, or ``None`` if none can be made (read-only home)."""
    import platformdirs

    path = Path(platformdirs.user_cache_dir("valkey-triage"))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return path


def forget_old(pattern: str, keep: int) -> None:
    """Remove the user's cached files that match ``pattern``, but for the ``keep`` that were written last."""
    folder = cache_dir()
    if folder is None:
        return
    try:
        files = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        for file in files[keep:]:
            file.unlink(missing_ok=True)
    except OSError:
        # Another run may be tidying up, too.
        return

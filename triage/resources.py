"""Finds the grammars and report templates: beside the package in a checkout, inside it once installed.

What is made from them, and from the package's tables, is kept in a directory of the user's.
"""

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any
from zlib import adler32, crc32

_PACKAGE = Path(__file__).resolve().parent
_GENERATIONS = 2
"""Two releases side by side keep their files; of a third the oldest are removed."""


@cache
def resource_dir(name: str) -> Path:
    """The directory of ``grammars`` or ``reports``.

    The wheel carries both inside the package (see ``pyproject.toml``); a checkout has them at its top level.
    """
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


@cache
def cache_dir() -> Path | None:
    """A directory of the user's for what is kept, or ``None`` if none can be made (read-only home)."""
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


def kept(name: str, key: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON
    """What ``make`` gives (JSON), from the user's directory if it is there and whole.

    ``key`` tells versions of it apart.
    """
    folder = cache_dir()
    if folder is None:
        return make()
    try:
        return json.loads(_file(folder, name, key).read_bytes())
    except (OSError, ValueError):
        made = make()
        keep(name, key, made)
        return made


def keep(name: str, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    """Have ``kept`` give ``value``. Failing is no error: it is made again.

    Several first runs may write at once, so a file is put in place when it is complete.
    """
    from tempfile import NamedTemporaryFile

    folder = cache_dir()
    if folder is None:
        return
    try:
        with NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as made:
            json.dump(value, made)
        Path(made.name).replace(_file(folder, name, key))
    except OSError:
        return
    forget_old(f"{name}-*.json", _GENERATIONS)


def _file(folder: Path, name: str, key: str) -> Path:
    return folder / f"{name}-{key}.json"


def checksum(parts: Iterable[bytes]) -> str:
    """Tells versions of what is kept apart.

    Nobody has an interest in forging it, and loading OpenSSL for a better one takes longer than all else here.
    """
    crc, adler = 0, 1
    for part in parts:
        crc, adler = crc32(b"\0", crc32(part, crc)), adler32(b"\0", adler32(part, adler))
    return f"{crc:08x}{adler:08x}"


def toml_table(path: Path) -> dict[str, Any]:
    """A TOML file of the package without dates. Reading JSON takes a fiftieth of the time, so that form is kept."""
    content = path.read_bytes()

    def parsed() -> dict[str, Any]:
        import tomllib

        return tomllib.loads(content.decode())

    found: dict[str, Any] = kept(f"{path.parent.name}-{path.stem}", checksum([content]), parsed)
    return found

"""The terminals of the grammars as regular expressions, without Lark: they are read once and kept on the user's disk.

Reading a ``.lark`` file takes Lark longer than the analysis of a small log, and most of a run needs no parser.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from triage import __version__
from triage.resources import cache_dir, forget_old, resource_dir

_GENERATIONS = 2
"""Two releases side by side keep their files; of a third the oldest are removed."""


@cache
def terminals(name: str) -> dict[str, str]:
    """Regular expression (``re`` syntax, named groups) of each terminal of a grammar, by its name."""
    found: dict[str, str] = kept(f"terminals-{name}", lambda: _read(name))
    return found


def kept(name: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON
    """What ``make`` derives from the grammars (JSON), from the user's cache if it is there and whole.

    Several first runs may write at once, so a file is put in place when it is complete.
    """
    folder = cache_dir()
    if folder is None:
        return make()
    file = folder / f"{name}-{fingerprint()}.grammars"
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError):
        made = make()
        _keep(file, json.dumps(made))
        forget_old(f"{name}-*.grammars", _GENERATIONS)
        return made


@cache
def fingerprint() -> str:
    """Tells all grammars, this program's version and Python's apart from other ones."""
    digest = hashlib.sha256(f"{__version__} {sys.version}".encode())
    for path in sorted(resource_dir("grammars").glob("*.lark")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _read(name: str) -> dict[str, str]:
    from triage.grammar import load

    return {terminal.name: terminal.pattern.to_regexp() for terminal in load(name).terminals}


def _keep(file: Path, text: str) -> None:
    """Failing is no error: the next run makes it again."""
    try:
        with NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as made:
            made.write(text)
        Path(made.name).replace(file)
    except OSError:
        return

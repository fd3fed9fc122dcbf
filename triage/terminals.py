"""The terminals of the grammars as regular expressions, without Lark: they are read once and kept on the user's disk.

Reading a ``.lark`` file takes Lark longer than the analysis of a small log, and most of a run needs no parser.
"""

import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from triage import __version__, resources


@cache
def terminals(name: str) -> dict[str, str]:
    """Regular expression (``re`` syntax, named groups) of each terminal of a grammar, by its name."""
    found: dict[str, str] = kept(f"terminals-{name}", lambda: _read(name))
    return found


def kept(name: str, make: Callable[[], Any], of: Iterable[str] = ()) -> Any:  # noqa: ANN401 - any JSON
    """What ``make`` derives (JSON) from the grammars or the texts ``of``, from the user's cache if it is whole.

    It is made anew when one of these changes, or the code that derives it: the module of ``make``, and those modules
    of this package from which that one imports functions or classes.
    """
    texts = resources.checksum(text.encode() for text in of)
    return resources.kept(name, f"{fingerprint()}-{code_of(make.__module__)}-{texts}", make)


@cache
def fingerprint() -> str:
    """Tells all grammars, what reads them, this program's version and Python's apart from other ones."""
    grammars = sorted(resources.resource_dir("grammars").glob("*.lark"))
    contents = (path.read_bytes() for path in (Path(__file__).with_name("grammar.py"), *grammars))
    return resources.checksum((f"{__version__} {sys.version}".encode(), *contents))


@cache
def code_of(module: str) -> str:
    """Tells the code of a module, and of what it imports from this package, apart from other versions of it."""
    used = {module, *(getattr(value, "__module__", None) for value in vars(sys.modules[module]).values())}
    files = (sys.modules[name].__file__ for name in used if name and name.startswith("triage."))
    return resources.checksum(Path(file).read_bytes() for file in sorted(filter(None, files)))


def _read(name: str) -> dict[str, str]:
    from triage.grammar import terminals_of

    return terminals_of(name)

"""``re.compile``, without compiling the same expressions in every run.

The standard library compiles with Python code: for the three hundred and fifty expressions of a run that takes a
seventh of its time on a small log. What comes of it are numbers, of which C makes the pattern; they are kept on the
user's disk for the Python that made them.
"""

import _sre  # type: ignore[import-not-found]  # what makes patterns; typeshed leaves it out
import atexit
import re
import sys
from array import array
from base64 import b64decode, b64encode
from functools import cache
from re import _compiler, _parser  # type: ignore[attr-defined]  # likewise
from typing import TYPE_CHECKING, Any

from triage import resources

_NAME = "patterns"
_KEY = f"{sys.implementation.cache_tag}-{_sre.MAGIC}-{sys.byteorder}"
_MOST = 2000
"""More than the package has; with so many, those of former releases are among them, and all are made anew."""
_UINT = "I"
"""The C type of the numbers: 32 bits, as ``_sre.CODESIZE`` says."""

if TYPE_CHECKING:
    compiled = re.compile
else:

    @cache
    def compiled(expression, flags=0):  # noqa: ANN001, ANN201 - as declared above
        """The pattern of an expression that the package states; what a log decides is for ``re.compile``."""
        known = _known()
        name = f"{int(flags)} {expression!r}"
        if name not in known:
            if not _new:
                atexit.register(_keep)
            _new[name] = known[name] = _compiled(expression, int(flags))
        return _made(expression, *known[name])


_new: dict[str, Any] = {}
"""What no earlier run had compiled."""


@cache
def _known() -> dict[str, Any]:
    return _kept()


def _kept() -> dict[str, Any]:
    found = resources.kept(_NAME, _KEY, dict)
    return found if isinstance(found, dict) and len(found) < _MOST else {}


def _keep() -> None:
    # Read again: another run may have kept some of its own meanwhile.
    resources.keep(_NAME, _KEY, _kept() | _new)


def _compiled(expression: str | bytes, flags: int) -> tuple[int, str, int, dict[str, int]]:
    """Flags, code, number of groups, names of groups: what ``re._compiler.compile`` makes a pattern of."""
    parsed = _parser.parse(expression, flags)
    code = b64encode(array(_UINT, _compiler._code(parsed, flags)).tobytes()).decode()
    return flags | parsed.state.flags, code, parsed.state.groups - 1, dict(parsed.state.groupdict)


def _made(expression: str | bytes, flags: int, code: str, groups: int, named: dict[str, int]) -> "re.Pattern[Any]":
    names: list[str | None] = [None] * (groups + 1)
    for name, number in named.items():
        names[number] = name
    numbers = array(_UINT, b64decode(code)).tolist()
    made: re.Pattern[Any] = _sre.compile(expression, flags, numbers, groups, named, tuple(names))
    return made

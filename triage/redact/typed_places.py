"""Places whose surroundings say what stands there: the terminals of ``private.lark``, searched for in a text."""

import re
from functools import cache

from triage.logs.needles import Expressions
from triage.terminals import terminals


@cache
def typed_places() -> Expressions:
    """All of them, in the order of the grammar."""
    return Expressions("private", list(terminals("private").values()), re.DOTALL)

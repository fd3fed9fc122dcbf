"""How much it tells that two stacks share a function: little for ``call``, much for a function hardly ever seen.

``frequencies.toml`` holds in how many different stacks of real crashes each function stood. It is made by
``benchmarks/frame_frequencies.py`` and read only when stacks are compared.
"""

import math
from functools import cache
from pathlib import Path

from triage.records import dataclass
from triage.resources import toml_table

RARE = 0.7
"""From this weight on a function is called rare: it stood in fewer than about one stack of twenty-five."""


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Counts over ``stacks`` different stacks; functions in a single one are not listed."""

    stacks: int
    functions: dict[str, int]


@cache
def frequencies() -> Frequencies:
    """The table as it was shipped."""
    table = toml_table(Path(__file__).with_name("frequencies.toml"))
    return Frequencies(table["stacks"], table["functions"])


def weight(function: str) -> float:
    """Inverse document frequency, scaled to 0 (in every stack) … 1 (in none that was counted)."""
    table = frequencies()
    seen = table.functions.get(function, 0)
    return math.log((table.stacks + 1) / (min(seen, table.stacks) + 1)) / math.log(table.stacks + 1)

"""The lists of ``rules.toml``."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def words(section: str, name: str) -> frozenset[str]:
    """The words of one list."""
    text = Path(__file__).with_name("rules.toml").read_text(encoding="utf-8")
    return frozenset(str(tomllib.loads(text)[section][name]).split())

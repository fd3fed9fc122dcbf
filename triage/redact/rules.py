"""The lists of ``rules.toml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from triage.resources import toml_table


@cache
def words(section: str, name: str) -> frozenset[str]:
    """The words of one list."""
    return frozenset(_rules()[section][name].split())


@cache
def _rules() -> Mapping[str, Mapping[str, str]]:
    return toml_table(Path(__file__).with_name("rules.toml"))

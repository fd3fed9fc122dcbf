"""Configuration files and answers to INFO that come with a log: read line by line, each value with its line."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from triage.logs.report_info import Info, InfoValue, free_key, typed
from triage.model import Evidence
from triage.terminals import terminals

MOST_BYTES = 4 << 20
"""A configuration file has some kilobytes, INFO of a server with many clients or databases some hundred."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A value, and the line that states it."""

    value: str
    evidence: Evidence


Settings = Mapping[str, tuple[Stated, ...]]
"""What a file states, by name: a directive may stand several times."""


def read_configuration(name: str, blocks: Iterable[bytes]) -> Settings:
    """The directives of a configuration file called ``name``, their names in lower case, values without quotes."""
    found: dict[str, list[Stated]] = {}
    directive = _pattern("DIRECTIVE")
    for number, line in _lines(blocks):
        match = None if line.lstrip().startswith("#") else directive.fullmatch(line)
        if match:
            value = match["value"].rstrip().strip("\"'")
            found.setdefault(match["name"].lower(), []).append(Stated(value, Evidence(name, line, number)))
    return {key: tuple(values) for key, values in found.items()}


def read_info_output(name: str, blocks: Iterable[bytes]) -> Settings:
    """The fields of an answer to INFO in a file called ``name``, whatever section they stand in."""
    found: dict[str, list[Stated]] = {}
    field = _pattern("INFO_FIELD")
    for number, line in _lines(blocks):
        if match := field.fullmatch(line):
            found.setdefault(match["key"], []).append(Stated(match["value"], Evidence(name, line, number)))
    return {key: tuple(values) for key, values in found.items()}


def as_info(settings: Settings) -> Info:
    """The fields of an answer to INFO with typed values, as a report's, in two sections: modules and all else."""
    modules: dict[str, InfoValue] = {}
    facts: dict[str, InfoValue] = {}
    for key, values in settings.items():
        section = modules if key == "module" else facts
        for stated in values:
            section[free_key(section, key)] = typed(key, stated.value)
    return {"Server": facts, "Modules": modules}


@cache
def _pattern(terminal: str) -> "re.Pattern[str]":
    return re.compile(terminals("settings")[terminal])


def _lines(blocks: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    data = bytearray()
    for block in blocks:
        data += block
        if len(data) >= MOST_BYTES:
            break
    text = bytes(data[:MOST_BYTES]).decode("utf-8", "backslashreplace")
    return enumerate((line.rstrip("\r") for line in text.split("\n")), start=1)

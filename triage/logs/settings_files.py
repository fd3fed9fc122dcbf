"""Configuration files and answers to INFO that come with a log: read line by line, each value with its line."""

import re
from collections.abc import Iterable, Iterator, Mapping

from triage.logs.report_info import Info, InfoValue, free_key, typed
from triage.model import Evidence
from triage.patterns import compiled
from triage.records import dataclass
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
    return _by_name(
        (match["name"].lower(), match["value"].rstrip().strip("\"'"), evidence)
        for match, evidence in _matches("DIRECTIVE", name, blocks)
        if not evidence.text.lstrip().startswith("#")
    )


def read_info_output(name: str, blocks: Iterable[bytes]) -> Settings:
    """The fields of an answer to INFO in a file called ``name``, whatever section they stand in."""
    return _by_name((match["key"], match["value"], at) for match, at in _matches("INFO_FIELD", name, blocks))


def as_info(settings: Settings) -> Info:
    """The fields of an answer to INFO with typed values, as a report's, in two sections: modules and all else."""
    modules: dict[str, InfoValue] = {}
    facts: dict[str, InfoValue] = {}
    for key, values in settings.items():
        section = modules if key == "module" else facts
        for stated in values:
            section[free_key(section, key)] = typed(key, stated.value)
    return {"Server": facts, "Modules": modules}


def _by_name(stated: Iterable[tuple[str, str, Evidence]]) -> Settings:
    found: dict[str, list[Stated]] = {}
    for name, value, evidence in stated:
        found.setdefault(name, []).append(Stated(value, evidence))
    return {name: tuple(values) for name, values in found.items()}


def _matches(terminal: str, name: str, blocks: Iterable[bytes]) -> Iterator[tuple["re.Match[str]", Evidence]]:
    """The lines of a file called ``name`` that are whole matches of a terminal of ``settings.lark``."""
    pattern = compiled(terminals("settings")[terminal])
    for number, line in _lines(blocks):
        if match := pattern.fullmatch(line):
            yield match, Evidence(name, line, number)


def _lines(blocks: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    data = bytearray()
    for block in blocks:
        data += block
        if len(data) >= MOST_BYTES:
            break
    text = bytes(data[:MOST_BYTES]).decode("utf-8", "backslashreplace")
    return enumerate((line.rstrip("\r") for line in text.split("\n")), start=1)

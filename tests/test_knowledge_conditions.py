"""Conditions of knowledge files: each operator met, not met and unknown."""

from pathlib import Path

import pytest

from triage.knowledge.conditions import check
from triage.knowledge.facts import Facts
from triage.knowledge.glob import first_match, glob_matches
from triage.knowledge.parse_condition import parse_condition
from triage.knowledge.reading import Table
from triage.knowledge.versions import Standing
from triage.model import Client, Finding, Frame, Incident, Kind, Module, Outcome, RawLine, Server, Site, Thread
from triage.signature import sign

SO = "/opt/modules/libsearch.so"
SERVER = "/usr/bin/valkey-server"
STACK = (("_serverAssert", SERVER), ("lpNext", SERVER), (None, SERVER), ("xreadCommand", SERVER), ("call", SERVER))
INCIDENT = Incident(
    Kind.ASSERTION,
    server=Server("redis", "7.0.3", modules=(Module("search"),), io_threads=4),
    site=Site("/src/redis.c", 12, None, "server.masterhost  ==  NULL"),
    message="Unknown object type",
    current_client=Client({"cmd": "xread", "flags": ("replica", "multi")}),
    threads=(Thread(1, "redis-server", True, tuple(Frame(i, f, module=m) for i, (f, m) in enumerate(STACK))),),
    config={"maxmemory-policy": "noeviction"},
    info={"Persistence": {"aof_enabled": 1}},
    raw=(RawLine(1, "free(): invalid size"), RawLine(2, "1:M # crash")),
)
FINDINGS = {"new-connections": Finding("new-connections", "New", Outcome.SUPPORTS, 0.4, "Young.")}
OTHER = {"fact": "site.line", "equals": 99}
UNKNOWN = {"fact": "server.os", "equals": "Linux"}
TRUE = {"fact": "site.line", "equals": 12}


def degree(incident: Incident, **keys: object) -> float | None:
    table = Table(Path("entry.toml"), "", {"why": "{value}", **keys})
    condition = parse_condition(table, weighted=False)
    return check(condition, Facts(incident, sign(incident)), FINDINGS, Standing.UNKNOWN).degree


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"fact": "site.file", "equals": "server.c"}, 1.0),
        ({"fact": "site.file", "equals": "redis.c"}, 1.0),
        ({"fact": "site.expression", "equals": "server.primary_host == NULL"}, 1.0),
        ({"fact": "site.expression", "matches": "*masterhost == *"}, 1.0),
        ({"fact": "message", "contains": "object"}, 1.0),
        ({"fact": "message", "contains_any": ["key", "type"]}, 1.0),
        ({"fact": "message", "matches": "Unknown*type"}, 1.0),
        ({"fact": "message", "matches": "object"}, 0.0),
        ({"fact": "stack.functions", "contains": "xreadCommand"}, 1.0),
        ({"fact": "stack.functions", "contains": "xaddCommand"}, None),
        ({"fact": "stack.functions", "in_order": ["lpNext", "call"]}, 1.0),
        ({"fact": "stack.functions", "in_order": ["call", "lpNext"]}, None),
        ({"fact": "stack.handlers", "contains": "_redisAssert"}, 1.0),
        ({"fact": "stack.modules", "contains": "libsearch.so"}, 0.0),
        ({"fact": "server.modules", "contains": "search"}, 1.0),
        ({"fact": "server.modules", "contains": "json"}, 0.0),
        ({"fact": "current_client.cmd", "equals": "xread"}, 1.0),
        ({"fact": "current_client.flags", "contains": "multi"}, 1.0),
        ({"fact": "current_client.user", "equals": "default"}, None),
        ({"fact": "config.maxmemory-policy", "equals": "noeviction"}, 1.0),
        ({"fact": "info.Persistence.aof_enabled", "equals": 1}, 1.0),
        ({"fact": "report.lines", "matches": "free(): invalid *"}, 1.0),
        ({"fact": "server.io_threads", "at_least": 2}, 1.0),
        ({"fact": "server.io_threads", "at_most": 1}, 0.0),
        ({"finding": "new-connections", "outcome": "supports"}, 0.4),
        ({"any_of": [OTHER, TRUE]}, 1.0),
        ({"any_of": [OTHER, OTHER]}, 0.0),
        ({"any_of": [OTHER, UNKNOWN]}, None),
        ({"any_of": [UNKNOWN, TRUE]}, 1.0),
        ({"all_of": [TRUE, TRUE]}, 1.0),
        ({"all_of": [TRUE, OTHER]}, 0.0),
        ({"all_of": [TRUE, UNKNOWN]}, None),
        ({"all_of": [OTHER, UNKNOWN]}, 0.0),
        ({"any_of": [OTHER, {"all_of": [TRUE, TRUE]}]}, 1.0),
    ],
)
def test_condition(keys: dict[str, object], expected: float | None) -> None:
    assert degree(INCIDENT, **keys) == expected


@pytest.mark.parametrize(
    "lines",
    [
        ['argv[1]: "free(): invalid size"'],
        ["argv[1]: 'what the log says:", "free(): invalid size", "and no more'", "argv[2]: 'x'"],
        ['1:M 22 Nov 2026 10:00:00.123 # client->argv[1] = "free(): invalid size" (refcount: 1)'],
        ["[77] 12 Mar 10:00:00.123 # argv[1]: 'free(): invalid size'"],
        ["1:M 22 Nov 2026 10:00:00.123 # key 'free(): invalid size' found in DB containing the following object:"],
        ["id=7 addr=10.0.0.1:4242 fd=8 name=free():invalid age=1"],
    ],
)
def test_what_clients_sent_is_not_what_the_server_says(lines: list[str]) -> None:
    raw = tuple(RawLine(number, line) for number, line in enumerate(lines, 1))
    incident = Incident(Kind.SIGNAL, raw=(*raw, RawLine(99, "------ MODULES INFO OUTPUT ------")))
    assert degree(incident, fact="report.lines", matches="*free()*invalid*") == 0.0


@pytest.mark.parametrize(
    ("names", "command"),
    [
        (("lpNext", "zrangeCommand", "call", "processCommand"), "zrange"),
        (("dictFind", "evalShaCommand", "call", "evalGenericCommand", "evalCommand", "call"), "evalsha"),
        (("zrangeCommand", "somewhere", "call"), None),
        (("lpNext", "serverCron"), None),
    ],
)
def test_a_command_is_known_by_the_function_that_call_called(names: tuple[str, ...], command: str | None) -> None:
    frames = tuple(Frame(i, name, module=SERVER) for i, name in enumerate(names))
    incident = Incident(Kind.SIGNAL, threads=(Thread(1, None, True, frames),))
    known = degree(incident, fact="current_command", equals=command or "zrange")
    assert known == (None if command is None else 1.0)


def test_a_command_that_the_report_states_is_believed() -> None:
    frames = (Frame(0, "clientCommand", module=SERVER), Frame(1, "call", module=SERVER))
    incident = Incident(Kind.SIGNAL, threads=(Thread(1, None, True, frames),), current_command="client|unblock")
    assert degree(incident, fact="current_command", equals="client|unblock") == 1.0


def test_arguments_are_a_fact_of_their_own() -> None:
    incident = Incident(Kind.SIGNAL, raw=(RawLine(1, 'argv[1]: "a"'), RawLine(2, "no argument: argv[1]")))
    assert degree(incident, fact="report.arguments", matches='argv[1]: "a"') == 1.0
    assert degree(incident, fact="report.arguments", matches="*no argument*") == 0.0


def test_module_frames_are_a_fact() -> None:
    frames = tuple(Frame(i, None, module=SO) for i in range(2))
    crash = Incident(Kind.SIGNAL, threads=(Thread(1, None, True, frames),))
    assert degree(crash, fact="stack.modules", contains="libsearch.so") == 1.0
    assert degree(crash, fact="stack.owner", equals="libsearch.so") == 1.0
    assert degree(Incident(Kind.SIGNAL), fact="stack.modules", contains="libsearch.so") is None


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("a*b", "ab", True),
        ("a*b", "a-b-b", True),
        ("ab*ba", "aba", False),
        ("*", "", True),
        ("**x**", "axb", True),
        ("p[0] != '?'", "p[0] != '?'", True),
        ("p[0]", "p0", False),
        ("*a*a*a*a*a*a*a*b", "a" * 5000, False),
    ],
)
def test_only_the_star_is_special(pattern: str, text: str, fits: bool) -> None:
    assert glob_matches(pattern, text) is fits


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*two*", "line two"),
        ("two*", None),
        ("*o", "line two"),
        ("line*", "line one"),
        ("line two", "line two"),
        ("*", ""),
    ],
)
def test_first_line_that_fits(pattern: str, found: str | None) -> None:
    assert first_match(pattern, ("", "line one", None, "line two")) == found


def test_no_lines_fit_nothing() -> None:
    assert first_match("*x*", ()) is None
    assert first_match("*x*", ("a" * 10_000,) * 100) is None

"""What a verdict tells: the upgrade for the reporter's product, rivals, and why other issues lost."""

from dataclasses import replace
from pathlib import Path

import pytest

from triage.knowledge import judge
from triage.knowledge.issue import KnownIssue
from triage.knowledge.parse_issue import parse_issue
from triage.knowledge.reading import Table
from triage.model import (
    FixedStatus,
    Frame,
    Hex,
    Incident,
    Kind,
    RawLine,
    Server,
    Signal,
    Site,
    Status,
    Thread,
    Verdict,
)
from triage.signature import sign

CRASH = Incident(Kind.ASSERTION, server=Server("valkey", "8.0.1"), site=Site("acl.c", 7, None, "user != NULL"))
RANGES = [
    {"product": "valkey", "from": "7.2.4", "before": "7.2.9"},
    {"product": "valkey", "from": "8.0.0", "before": "8.0.3"},
    {"product": "redis", "from": "7.0.0", "before": "7.2.8"},
]


def entry(name: str = "one", **changes: object) -> KnownIssue:
    from datetime import date

    data: dict[str, object] = {
        "id": f"example/project#{name}",
        "title": f"Issue {name}",
        "kinds": ["assertion"],
        "cause": "A cause.",
        "last_checked": date(2026, 11, 24),
        "confidence": {"base": 0.8, "ceiling": 0.95},
        "fix": {"fixed_in": ["7.2.9", "8.0.3", "7.2.8"], "commit": "2399f107729171f9e8e35c9997b19d3e8c9c58ef"},
        "versions": RANGES,
        "required": [{"fact": "site.file", "equals": "acl.c", "why": "It stands in {value}."}],
        **changes,
    }
    return parse_issue(Table(Path("entry.toml"), "", data))


def verdict(*issues: KnownIssue, **server: object) -> Verdict:
    incident = replace(CRASH, server=replace(CRASH.server, **server))  # type: ignore[arg-type]
    return judge(incident, (), sign(incident), issues)


@pytest.mark.parametrize(
    ("product", "version", "target", "fixed_in"),
    [
        ("valkey", "8.0.1", "8.0.3", ("7.2.9", "8.0.3")),
        ("valkey", "7.2.5", "7.2.9", ("7.2.9", "8.0.3")),
        ("redis", "7.2.5", "7.2.8", ("7.2.8",)),
    ],
)
def test_upgrade_is_the_nearest_of_the_same_product(
    product: str, version: str, target: str, fixed_in: tuple[str, ...]
) -> None:
    judged = verdict(entry(), product=product, version=version)
    assert judged.advice[0].startswith(f"Upgrade from {version} to {target} ")
    assert judged.fix is not None
    assert judged.fix.fixed_in == fixed_in
    assert judged.fixed_status is FixedStatus.FIXED_LATER


def test_advisory_warns_of_backports() -> None:
    judged = verdict(entry(cve=["CVE-2024-51741"], aliases=["example/project#2"]))
    assert "CVE-2024-51741 in its changelog" in judged.advice[1]
    assert judged.aliases == ("example/project#2", "CVE-2024-51741")
    assert judged.owner == "server"


@pytest.mark.parametrize(("sha", "status"), [("2399f107", Status.UNKNOWN), ("00000000", Status.SUSPECTED)])
def test_development_build_of_the_fix_is_fixed(sha: str, status: Status) -> None:
    judged = verdict(entry(), version="255.255.255", git_sha1=sha)
    assert judged.status is status
    assert (judged.fixed_status is FixedStatus.REGRESSION) is (status is Status.UNKNOWN)


def test_two_that_fit_alike_are_both_told() -> None:
    judged = verdict(entry("one"), entry("two", confidence={"base": 0.78, "ceiling": 0.95}))
    assert (judged.status, judged.issue) == (Status.SUSPECTED, "example/project#one")
    assert judged.advice[0].startswith("example/project#two (Issue two) fits nearly as well")
    alone = verdict(entry("one"), entry("two", confidence={"base": 0.3, "ceiling": 0.9}))
    assert alone.status is Status.KNOWN
    assert not alone.advice[0].startswith("example/project#two")


def test_fix_in_place_is_compared_not_named() -> None:
    weak = entry(functions_from="fix", confidence={"base": 0.8, "ceiling": 0.45})
    judged = verdict(weak)
    assert (judged.status, judged.issue) == (Status.UNKNOWN, None)
    assert judged.title == "No known issue matches this assertion: user != NULL in acl.c"
    assert judged.advice[0].startswith("Compare it with example/project#one (Issue one)")
    assert [c.reason for c in judged.candidates] == ["Only the place of its fix is known, not the stack of a crash."]


def test_losers_say_why() -> None:
    other = entry(
        "two",
        contradicting=[{"fact": "site.line", "at_most": 9, "weight": 3, "why": "Line {value} is not it."}],
    )
    inferred = entry("three", inferred="The cause.", confidence={"base": 0.3, "ceiling": 0.75})
    judged = verdict(entry(), other, inferred)
    reasons = {c.issue.partition("#")[2]: c.reason for c in judged.candidates}
    assert reasons["one"] is None
    assert reasons["two"] == "Line 7 is not it."
    assert reasons["three"] == "Something in the entry is inferred: the cause."


def proofs(**condition: object) -> list[str]:
    """The lines that prove a condition on a small report of a real layout."""
    lines = (
        "# valkey 8.0.1 crashed by signal: 11, si_code: 1",
        "# Accessing address: 0x10",
        "/usr/bin/valkey-server *:6379(lpNext+0x8)[0x1]",
        "/opt/mod.so(+0x9)[0x2]",
        "valkey_version:8.0.1",
        "maxmemory-policy noeviction",
    )
    frames = (
        Frame(0, "lpNext", module="/usr/bin/valkey-server *:6379", log_line=3),
        Frame(1, None, module="/opt/mod.so", log_line=4),
    )
    incident = Incident(
        Kind.SIGNAL,
        server=Server("valkey", "8.0.1"),
        signal=Signal(11, "SIGSEGV", 1, address=Hex(16)),
        threads=(Thread(1, None, True, frames),),
        config={"maxmemory-policy": "noeviction"},
        input="server.log",
        raw=tuple(RawLine(number, text) for number, text in enumerate(lines, 1)),
    )
    issue = entry(kinds=["signal"], versions=[], required=[{"why": "x", **condition}])
    reasons = judge(incident, (), sign(incident), (issue,)).for_
    return [evidence.text for reason in reasons for evidence in reason.evidence]


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        ({"fact": "signal.name", "equals": "SIGSEGV"}, "# valkey 8.0.1 crashed by signal: 11, si_code: 1"),
        ({"fact": "signal.address", "at_most": 4096}, "# Accessing address: 0x10"),
        ({"fact": "stack.functions", "contains": "lpNext"}, "/usr/bin/valkey-server *:6379(lpNext+0x8)[0x1]"),
        ({"fact": "stack.modules", "contains": "mod.so"}, "/opt/mod.so(+0x9)[0x2]"),
        ({"fact": "config.maxmemory-policy", "equals": "noeviction"}, "maxmemory-policy noeviction"),
        ({"fact": "report.lines", "matches": "*policy no*"}, "maxmemory-policy noeviction"),
    ],
)
def test_reason_shows_the_line_that_states_it(condition: dict[str, object], line: str) -> None:
    assert proofs(**condition) == [line]

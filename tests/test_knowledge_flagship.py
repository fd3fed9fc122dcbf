"""The TLS accept race: the verdict moves as a maintainer expects when one fact changes."""

from dataclasses import replace
from typing import Any

import pytest
from knowledge_cases import BURSTS, FINDINGS, FLAGSHIP, YOUNG

from triage.knowledge import judge, load_issues
from triage.knowledge.confidence import KNOWN, SUSPECTED
from triage.model import Finding, FixedStatus, Incident, Kind, Outcome, Server, Site, Status, Verdict
from triage.signature import sign

ISSUES = load_issues()
ID = "valkey-io/valkey#1883"


def verdict(incident: Incident, findings: tuple[Finding, ...] = FINDINGS) -> Verdict:
    return judge(incident, findings, sign(incident), ISSUES)


def confidence(judged: Verdict) -> float:
    return next((c.confidence for c in judged.candidates if c.issue == ID), 0.0)


def with_server(**changes: Any) -> Incident:
    return replace(FLAGSHIP, server=replace(FLAGSHIP.server, **changes))


def with_site(**changes: Any) -> Incident:
    return replace(FLAGSHIP, site=replace(FLAGSHIP.site, **changes))


FULL = confidence(verdict(FLAGSHIP))
NO_BURSTS = replace(BURSTS, outcome=Outcome.NEUTRAL, strength=0.0)
OLD = replace(YOUNG, outcome=Outcome.CONTRADICTS, strength=1.0)
FAINT = replace(YOUNG, strength=0.3)


def test_flagship_is_known_and_explained() -> None:
    judged = verdict(FLAGSHIP)
    assert (judged.status, judged.issue) == (Status.KNOWN, ID)
    assert judged.confidence >= 0.95
    assert judged.fixed_status is FixedStatus.FIXED_LATER
    assert judged.fix is not None
    assert judged.fix.pull_request == "valkey-io/valkey#1955"
    assert judged.fix.fixed_in == ("8.1.1",)
    assert judged.fix.commit == "2399f107729171f9e8e35c9997b19d3e8c9c58ef"
    assert "#1338" in (judged.fix.introduced_in or "")
    assert judged.advice[0].startswith("Upgrade from 8.1.0 to 8.1.1")
    assert any("io-threads to 1" in sentence and "8.0.x" in sentence for sentence in judged.advice)
    assert {"site.file", "site.expression", "server.version", "new-connections"} <= {r.finding for r in judged.for_}
    assert judged.against == ()


def test_reasons_point_at_the_lines_that_prove_them() -> None:
    reasons = {r.finding: r for r in verdict(FLAGSHIP).for_}
    assert [(e.input, e.line) for e in reasons["site.line"].evidence] == [("server.log", 16032)]
    assert reasons["server.version"].evidence[0].line == 16097
    assert "8.1.0" in reasons["server.version"].reason
    assert YOUNG.summary in reasons["new-connections"].reason


CONTRADICTED = [
    ("version 8.1.1", with_server(version="8.1.1"), FixedStatus.REGRESSION),
    ("version 9.1.2", with_server(version="9.1.2"), FixedStatus.REGRESSION),
    ("version 8.0.2", with_server(version="8.0.2"), FixedStatus.NOT_AFFECTED),
    ("version 8.0.1, Debian", with_server(version="8.0.1+dfsg1-1~bpo12+1"), FixedStatus.NOT_AFFECTED),
    ("TLS off", with_server(tls=False), FixedStatus.UNKNOWN),
    ("one I/O thread", with_server(io_threads=1, io_threads_active=False), FixedStatus.UNKNOWN),
    ("Redis 8.0.2", with_server(product="redis", version="8.0.2"), FixedStatus.NOT_AFFECTED),
]


@pytest.mark.parametrize(("incident", "fixed"), [c[1:] for c in CONTRADICTED], ids=[c[0] for c in CONTRADICTED])
@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_contradicted_is_neither_known_nor_suspected(incident: Incident, fixed: FixedStatus, arch: str) -> None:
    judged = verdict(replace(incident, server=replace(incident.server, arch=arch)))
    assert (judged.status, judged.issue) == (Status.UNKNOWN, None)
    assert judged.fixed_status is fixed
    assert judged.against
    assert 0 < confidence(judged) < SUSPECTED
    assert ID in (judged.title or "")


ANOTHER_SITE = [
    with_site(expression="conn->pending_list_node"),
    with_site(file="networking.c"),
    replace(FLAGSHIP, kind=Kind.PANIC),
    with_site(expression=None),
]


@pytest.mark.parametrize("incident", ANOTHER_SITE)
def test_another_site_is_no_candidate(incident: Incident) -> None:
    judged = verdict(incident)
    assert (judged.status, judged.candidates) == (Status.UNKNOWN, ())


LOWER = [
    ("no TLS errors", FLAGSHIP, (YOUNG, NO_BURSTS)),
    ("old connections", FLAGSHIP, (OLD, BURSTS)),
    ("connections not so young", FLAGSHIP, (FAINT, BURSTS)),
    ("development build", with_server(version="255.255.255"), FINDINGS),
    ("no version", with_server(version=None), FINDINGS),
    ("no stack", replace(FLAGSHIP, threads=None), FINDINGS),
    ("another line", with_site(line=640), FINDINGS),
    ("I/O threads idle", with_server(io_threads_active=False), FINDINGS),
    ("settings unknown", with_server(io_threads=None, io_threads_active=None, tls=None), FINDINGS),
]


@pytest.mark.parametrize(("incident", "findings"), [c[1:] for c in LOWER], ids=[c[0] for c in LOWER])
def test_weaker_evidence_lowers_confidence_but_names_the_issue(
    incident: Incident, findings: tuple[Finding, ...]
) -> None:
    judged = verdict(incident, findings)
    assert judged.issue == ID
    assert SUSPECTED <= judged.confidence < FULL


HIGHER = [
    ("ARM", with_server(arch="aarch64")),
    (
        "named function",
        replace(
            FLAGSHIP,
            threads=(
                replace(
                    FLAGSHIP.threads[0],
                    frames=tuple(
                        replace(f, function="registerSSLEvent") if f.index == 0 else f
                        for f in FLAGSHIP.threads[0].frames
                    ),
                ),
            ),
        ),
    ),
]


@pytest.mark.parametrize("incident", [c[1] for c in HIGHER], ids=[c[0] for c in HIGHER])
def test_stronger_evidence_raises_confidence(incident: Incident) -> None:
    assert verdict(incident).confidence > FULL


@pytest.mark.parametrize("line", [595, 599, 603, 607, 610])
def test_other_builds_shift_the_line(line: int) -> None:
    assert verdict(with_site(line=line)).status is Status.KNOWN


def test_connection_age_grades_and_does_not_cut() -> None:
    strengths = [1.0, 0.8, 0.5, 0.2, 0.0]
    found = [confidence(verdict(FLAGSHIP, (replace(YOUNG, strength=s), BURSTS))) for s in strengths]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


def test_assertion_alone_is_suspected_and_says_what_could_not_be_checked() -> None:
    bare = Incident(Kind.ASSERTION, server=Server(product="valkey"), site=Site("tls.c", 603, None, "0"))
    judged = verdict(bare, ())
    assert (judged.status, judged.issue) == (Status.SUSPECTED, ID)
    assert SUSPECTED <= judged.confidence < KNOWN
    silent = {r.finding for r in judged.unchecked}
    assert {"server.version", "server.tls", "server.io_threads", "new-connections", "tls-error-bursts"} <= silent
    assert judged.advice[0].startswith("Upgrade to 8.1.1")


def test_fixed_release_is_told_as_possible_regression() -> None:
    judged = verdict(with_server(version="8.1.1"))
    assert "possible regression of valkey-io/valkey#1883" in judged.advice[0]
    assert [r.finding for r in judged.against] == ["server.version"]
    assert next(r.reason for r in judged.unchecked) == "A frame without a name could be registerSSLEvent."


def test_release_candidate_is_affected() -> None:
    assert verdict(with_server(version="8.1.0-rc1")).fixed_status is FixedStatus.FIXED_LATER

"""Are two crashes the same? The answer, and the words for it."""

from dataclasses import replace

import pytest
from test_signature import COMMAND_TAIL, FLAGSHIP_STACK, TLS_SITE, crash, stack
from test_signature_real_stacks import crash_of

from triage.model import Incident, Kind, Signal, Site, Status, Verdict
from triage.signature.alignment import align
from triage.signature.comparison import Comparison, Likeness, Relation, compare, compared_names
from triage.signature.rarity import RARE, frequencies, weight


def point(comparison: Comparison, subject: str) -> tuple[Relation, str]:
    return next((p.relation, p.text) for p in comparison.points if p.subject == subject)


def named(incident: Incident, issue: str) -> Incident:
    return replace(incident, verdict=Verdict(Status.KNOWN, issue))


@pytest.mark.parametrize(
    ("a", "b", "likeness"),
    [
        ("pub-redis-1043", "pub-redis-6187", Likeness.DIFFERENT),
        ("pub-redis-14084", "pub-redis-14370", Likeness.LIKELY),
        ("pub-redis-3433", "pub-redis-3527", Likeness.LIKELY),
        ("pub-valkey-1665", "pub-valkey-search-34", Likeness.LIKELY),
        ("bug-acl-load-replica2-1842-v800", "bug-acl-load-replica2-1842-v801", Likeness.SAME),
        ("bug-acl-load-replica2-1842-v800", "bug-hll-32023-r62", Likeness.DIFFERENT),
        ("bug-hrandfield-overflow-11674-r626", "bug-hrandfield-overflow-11674-r703", Likeness.SAME),
        ("lab-02-assert-v727", "lab2-10-v912-panic", Likeness.DIFFERENT),
        ("lab-06-first-line-only", "pub-redis-14084", Likeness.UNKNOWN),
        ("lab2-42-v811-sentinel-itself-segv", "lab2-10-v912-segfault-tls-cluster", Likeness.DIFFERENT),
    ],
)
def test_real_crashes(a: str, b: str, likeness: Likeness) -> None:
    one, other = (replace(crash_of(case), verdict=Verdict(Status.UNKNOWN)) for case in (a, b))
    assert compare(one, other).likeness is likeness
    assert compare(other, one).likeness is likeness
    assert compare(one, one).likeness in (Likeness.SAME, Likeness.LIKELY, Likeness.UNKNOWN)


def test_words_name_what_is_common_and_what_decides() -> None:
    told = compare(crash_of("pub-redis-14084"), crash_of("pub-redis-14370"))
    assert point(told, "family key") == (Relation.SAME, "both signal:slowlogFreeEntry")
    assert point(told, "signal") == (Relation.SAME, "both SIGSEGV")
    assert point(told, "version") == (Relation.SAME, "both redis 6.2.7")
    assert told.only_b == ("decrRefCount",)
    assert told.common[:3] == ("slowlogFreeEntry", "listDelNode", "slowlogPushEntryIfNeeded")
    assert "slowlogFreeEntry" in told.deciding
    assert "call" not in told.deciding


@pytest.mark.parametrize(
    ("issues", "likeness"),
    [(("x#1", "x#1"), Likeness.SAME), (("x#1", "x#2"), Likeness.DIFFERENT)],
)
def test_recognised_issues_decide_first(issues: tuple[str, str], likeness: Likeness) -> None:
    one, other = (named(crash("debugCommand", *COMMAND_TAIL), issue) for issue in issues)
    assert compare(one, other).likeness is likeness


def test_assertion_without_a_stack_is_likely_the_one_with_a_stack() -> None:
    shown = Incident(Kind.ASSERTION, site=TLS_SITE, threads=stack(*FLAGSHIP_STACK))
    told = compare(shown, Incident(Kind.ASSERTION, site=TLS_SITE))
    assert told.likeness is Likeness.LIKELY
    assert told.similarity is None
    assert point(told, "stack")[0] is Relation.UNKNOWN


def test_another_check_in_the_same_place_is_another_crash() -> None:
    site = Site("tls.c", 610, None, "conn->state == CONN_STATE_ACCEPTING")
    one, other = (Incident(Kind.ASSERTION, site=each) for each in (TLS_SITE, site))
    told = compare(one, other)
    assert (told.likeness, told.reason) == (Likeness.DIFFERENT, "another check failed")
    assert point(told, "expression")[0] is Relation.DIFFERENT


def test_two_signals_from_outside_are_not_compared_by_their_stacks() -> None:
    one, other = (replace(crash(top, "main"), signal=Signal(11, "SIGSEGV", 0)) for top in ("lpNext", "sdsnew"))
    assert compare(one, other).likeness is Likeness.LIKELY
    assert compare(one, crash("lpNext", "hgetallCommand", "main")).likeness is Likeness.DIFFERENT


def test_cut_stack_is_not_the_same_as_every_longer_one() -> None:
    whole = ("hashTypeSet", "hsetCommand", "luaRedisGenericCommand", "moduleFireEvent", "rdbLoadRio")
    told = align(whole[:1], whole)
    assert told is not None
    assert told.similarity < 0.5
    assert told.common == whole[:1]
    assert told.only_b == whole[1:]


@pytest.mark.parametrize(
    ("a", "b", "common"),
    [
        (("x", "y", "z"), ("x", "z"), ("x", "z")),
        (("call", "rareOne"), ("rareOne", "call"), ("rareOne",)),
        (("a",), ("b",), ()),
    ],
)
def test_alignment_keeps_the_order_and_prefers_what_is_rare(
    a: tuple[str, ...], b: tuple[str, ...], common: tuple[str, ...]
) -> None:
    told = align(a, b)
    assert told is not None
    assert told.common == common
    assert sorted((*told.common, *told.only_a)) == sorted(a)
    assert sorted((*told.common, *told.only_b)) == sorted(b)


def test_equal_stacks_are_wholly_alike_and_empty_ones_are_not_compared() -> None:
    told = align(("hashTypeSet", "call"), ("hashTypeSet", "call"))
    assert told is not None
    assert told.similarity == 1.0
    assert align((), ("call",)) is None


def test_common_functions_weigh_less_than_rare_ones() -> None:
    assert weight("call") < weight("serverCron") < RARE < weight("neverSeenBefore") == 1.0
    assert all(1 < count <= frequencies().stacks for count in frequencies().functions.values())


def test_nameless_frames_count_within_one_build_only() -> None:
    incident = crash(None, "hgetallCommand", *COMMAND_TAIL)
    assert compared_names(incident)[0] == "hgetallCommand"
    assert compared_names(incident, places=True)[0] == "valkey-server(+0x1d200)"

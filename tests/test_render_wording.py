"""Words for people: figures, moments, headlines, links."""

from dataclasses import replace

import pytest
from render_case import INCIDENT

from triage.model import FailedThread, Hex, Incident, Instant, Kind, Server, Signal, Site
from triage.render import wording
from triage.render.figures import Fact, data_facts, data_tables
from triage.render.headline import ending, facts, fate, product, story, title
from triage.render.links import commit_link, link, shortened
from triage.render.stacks import failing_stack, other_stacks
from triage.render.visible import shown, visible


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (1, "1 s"), (60, "1 min"), (211, "3 min 31 s"), (3600, "1 h"), (3605, "1 h"), (90_000, "1 d 1 h")],
)
def test_durations(seconds: int, words: str) -> None:
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "0 ms"), (1, "1 ms"), (2.25, "2.2 ms"), (1240, "1.24 s"), (59_000, "59 s"), (61_000, "1 min 1 s")],
)
def test_milliseconds(ms: float, words: str) -> None:
    assert wording.milliseconds(ms) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (1023, "1,023 B"), (20921312, "20.0 MiB"), (1 << 40, "1.0 TiB")]
)
def test_sizes(count: int, words: str) -> None:
    assert wording.size(count) == words


@pytest.mark.parametrize(("share", "words"), [(0, "0 %"), (0.955, "96 %"), (0.999, "99 %"), (1, "100 %")])
def test_confidence_is_never_rounded_up_to_certainty(share: float, words: str) -> None:
    assert wording.percent(share) == words


@pytest.mark.parametrize(
    ("recognised", "lines", "words"),
    [(0, 0, "0 %"), (10, 10, "100 %"), (9999, 10_000, "99.9 %"), (99_999, 100_000, "99.9 %")],
)
def test_coverage_is_never_rounded_up_to_all(recognised: int, lines: int, words: str) -> None:
    assert wording.coverage(recognised, lines) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (Instant(1795346908362), "22 Nov 2026, 11:28:28.362"),
        (Instant(1795346908362, 0), "22 Nov 2026, 11:28:28.362 UTC"),
        (Instant(1795346908362, -150), "22 Nov 2026, 11:28:28.362 UTC−02:30"),
    ],
)
def test_moments(moment: Instant, words: str) -> None:
    assert wording.moment(moment) == words


@pytest.mark.parametrize(
    "text", ["2026-11-22T11:28:28.362", "2026-11-22T11:28:28.362+00:00", "2026-11-22T11:28:28.362-02:30"]
)
def test_moments_of_findings_are_read_back(text: str) -> None:
    assert str(wording.instant(text)) == text


@pytest.mark.parametrize("text", ["", "T", "THE END", "2026", 7, None])
def test_other_values_are_no_moments(text: object) -> None:
    assert wording.instant(text) is None


@pytest.mark.parametrize(
    ("incident", "words"),
    [
        (INCIDENT, "Assertion failed at tls.c:603"),
        (Incident(Kind.ASSERTION), "Assertion failed"),
        (Incident(Kind.ASSERTION, site=Site(function="f")), "Assertion failed at f"),
        (Incident(Kind.PANIC, message="Unknown encoding"), "Server panic: Unknown encoding"),
        (Incident(Kind.FATAL_EXIT, message="x" * 500), "Gave up: " + "x" * 140 + "…"),
        (
            Incident(Kind.FATAL_EXIT, message="*** FATAL CONFIG FILE ERROR (Version 8.0.1) ***; Reading the file"),
            "Gave up: Reading the file",
        ),
        (Incident(Kind.SIGNAL, signal=Signal(11)), "Crashed with signal 11"),
        (
            Incident(Kind.SIGNAL, signal=Signal(11, "SIGSEGV", 1, "SEGV_MAPERR", Hex(8))),
            "Crashed with SIGSEGV (SEGV_MAPERR at 0x8)",
        ),
        (
            Incident(Kind.SIGNAL, signal=Signal(6, "SIGABRT", 0, sender_pid=7)),
            "SIGABRT sent from outside, by process 7",
        ),
        (Incident(Kind.SIGNAL, signal=Signal(11, "SIGSEGV", -6)), "SIGSEGV sent to the process"),
        (Incident(Kind.VANISHED), "Process vanished"),
    ],
)
def test_titles(incident: Incident, words: str) -> None:
    assert title(incident) == words


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_title_and_a_story(kind: Kind) -> None:
    assert title(Incident(kind))
    assert story(Incident(kind)).startswith("The server ")
    assert facts(Incident(kind)) == []


def test_the_story_of_the_flagship() -> None:
    assert story(INCIDENT) == (
        "Valkey 8.1.0, a primary, aborted itself on a failed assertion in its main thread after 3 min 31 s of uptime"
        ": ‘0’ did not hold."
    )


SENT = Signal(11, "SIGSEGV", 0, "SI_USER", Hex(0x3282), 12930, 0)
IN_MAIN = FailedThread(7, "valkey-server")


@pytest.mark.parametrize(
    ("incident", "words"),
    [
        (Incident(Kind.SIGNAL, pid=7, thread=IN_MAIN, signal=SENT), "was killed by a signal that was sent to it."),
        (
            Incident(Kind.WATCHDOG, pid=7, thread=IN_MAIN),
            "was frozen in its main thread long enough for the watchdog to dump its stack; it did not die.",
        ),
    ],
)
def test_the_thread_is_told_with_what_it_did(incident: Incident, words: str) -> None:
    assert story(incident) == f"The server {words}"


def fact(incident: Incident, label: str) -> str | None:
    return next((told.value for told in facts(incident) if told.label == label), None)


def test_facts_say_no_more_than_is_known() -> None:
    moment = Instant(0, 0)
    assert fact(Incident(Kind.SIGNAL, signal=SENT), "Signal") == "SIGSEGV (11), SI_USER, sent by pid 12930, uid 0"
    assert fact(Incident(Kind.VANISHED, time=moment), "Last line") == "1 Jan 1970, 00:00:00.000 UTC"
    assert fact(Incident(Kind.VANISHED, time=moment), "Failed") is None
    assert fact(Incident(Kind.SIGNAL, role="sentinel", server=Server(mode="sentinel")), "Mode") == "sentinel"


@pytest.mark.parametrize(
    ("server", "words"),
    [(Server(), "The server"), (Server("redis", "7.4.1"), "Redis 7.4.1"), (Server("dragonfly"), "dragonfly")],
)
def test_products(server: Server, words: str) -> None:
    assert product(server) == words


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("valkey-io/valkey#1883", "https://github.com/valkey-io/valkey/issues/1883"),
        ("CVE-2026-27623", "https://nvd.nist.gov/vuln/detail/CVE-2026-27623"),
        ("https://valkey.io/topics/debugging/", "https://valkey.io/topics/debugging/"),
        ("environment/oom-killer", None),
        ("javascript:alert(1)", None),
        ("https://x/\" onclick='", None),
        ("http://plain.example", None),
        ("a/b#1\n", None),
        ("", None),
        (None, None),
    ],
)
def test_links(text: str | None, href: str | None) -> None:
    assert link(text) == href


def test_references_are_shortened_and_commits_linked() -> None:
    assert shortened("https://github.com/valkey-io/valkey/pull/1955") == "valkey-io/valkey#1955"
    assert shortened("https://valkey.io/") == "https://valkey.io/"
    assert commit_link("valkey-io/valkey#1955", "2" * 40) == f"https://github.com/valkey-io/valkey/commit/{'2' * 40}"
    assert commit_link("valkey-io/valkey#1955", "../evil") is None


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain\ttab", "plain\ttab"),
        ("\x1b[31m", "␛[31m"),
        ("\x00\x7f", "␀␡"),
        ("a\nb", "a␊b"),
        ("\u202eabc\x9b", "⟨U+202E⟩abc⟨U+009B⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("大 é", "大 é"),
    ],
)
def test_active_characters_are_written_out(text: str, seen: str) -> None:
    assert visible(text) == seen


@pytest.mark.parametrize(
    ("text", "limit", "seen"),
    [("abc", 3, "abc"), ("abcd", 3, "abc… (1 more characters)"), ("\u202e\u202e", 9, "⟨U+202E⟩⟨…")],
)
def test_long_text_says_how_much_is_left_out(text: str, limit: int, seen: str) -> None:
    assert shown(text, limit) == seen


def test_data_of_findings_reads_well() -> None:
    data = {
        "open": 72,
        "youngest_ms": 1,
        "only_whole_seconds": 3,
        "rate": {"per_second": 53.912, "window_seconds": 10.0},
        "by_reason": {"eof": 1500},
        "rows": [{"id": 8015, "age_ms": 1, "line": 16027, "certain": True}],
        "at": "2026-11-22T11:28:28.362",
        "nothing": None,
    }
    assert data_facts(data) == [
        Fact("Open connections", "72"),
        Fact("Youngest", "1 ms"),
        Fact("Known to the second only", "3"),
        Fact("Rate per second", "53.9"),
        Fact("Rate window", "10 s"),
        Fact("At", "22 Nov 2026, 11:28:28.362"),
    ]
    reasons, rows = data_tables(data, 20)
    assert (reasons.columns, reasons.rows) == (("Reason", "Count"), (("eof", "1,500"),))
    assert (rows.columns, rows.rows, rows.lines) == (
        ("ID", "Age", "Line", "Certain"),
        (("8015", "1 ms", "16027", "yes"),),
        2,
    )


def test_tables_say_how_much_is_left_out() -> None:
    (table,) = data_tables({"rows": [{"n": n} for n in range(50)]}, 20)
    assert (len(table.rows), table.left_out) == (20, 30)


def test_stacks_tell_roles_and_group_equal_ones() -> None:
    failing = failing_stack(INCIDENT, 100)
    assert failing is not None
    assert [row.place for row in failing.rows if row.role == "culprit"] == ["processIOThreadsReadDone+0xf4"]
    assert [len(stack.names) for stack in other_stacks(INCIDENT, 100)] == [3, 1]


def test_a_stack_without_roles_is_still_shown() -> None:
    unsigned = replace(INCIDENT, signature=replace(INCIDENT.signature, frames=()))
    failing = failing_stack(unsigned, 3)
    assert failing is not None
    assert ([row.role for row in failing.rows], failing.left_out) == (["", "", ""], 6)


@pytest.mark.parametrize(
    ("incident", "thread", "process"),
    [
        (Incident(Kind.ASSERTION), "failed", "failed"),
        (Incident(Kind.WATCHDOG), "was frozen", "was frozen"),
        (Incident(Kind.VANISHED), "failed", "wrote its last line"),
        (Incident(Kind.SIGNAL, signal=Signal(19, "SIGSTOP")), "was halted", "failed"),
    ],
)
def test_what_befell_a_process_is_told_by_kind(incident: Incident, thread: str, process: str) -> None:
    assert fate(incident) == thread
    assert ending(incident) == process

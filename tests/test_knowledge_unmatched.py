"""Crashes that no known issue fits get an honest title, useful advice, a severity and a list of what is missing."""

from dataclasses import replace

import pytest
from knowledge_cases import FINDINGS, FLAGSHIP

from triage.knowledge import judge, open_knowledge
from triage.knowledge.missing import what_would_help
from triage.knowledge.severity import LEVELS, severity
from triage.model import (
    Finding,
    FixedStatus,
    Frame,
    Hex,
    Incident,
    Kind,
    Outcome,
    RawLine,
    Reason,
    Report,
    Server,
    Signal,
    Site,
    Status,
    Thread,
    Verdict,
)
from triage.signature import sign

VALKEY = Server("valkey", "8.0.1")
SEGV = Signal(11, "SIGSEGV", 1)


def frames(*names: str | None, module: str = "valkey-server *:6379") -> tuple[Thread, ...]:
    return (Thread(1, "valkey-server", True, tuple(Frame(i, n, None, module) for i, n in enumerate(names))),)


def verdict(incident: Incident) -> Verdict:
    return judge(incident, (), sign(incident), ())


ASSERTION = Incident(Kind.ASSERTION, server=VALKEY, site=Site("blocked.c", 7, None, "x == 1"))
CRASH = Incident(Kind.SIGNAL, server=VALKEY, signal=SEGV, threads=frames("lpNext", "hashTypeSet", "call", "main"))
MODULE = replace(CRASH, threads=frames(None, "bad_touch", "call", module="/opt/modules/faulty.so"))


@pytest.mark.parametrize(
    ("incident", "told"),
    [
        (ASSERTION, "No known issue matches this assertion: x == 1 in blocked.c"),
        (CRASH, "SIGSEGV in hashTypeSet"),
        (MODULE, "SIGSEGV in the module faulty.so"),
        (Incident(Kind.PANIC, message="Unknown  object type"), "this panic: Unknown object type"),
        (Incident(Kind.SIGNAL, signal=Signal(11, "SIGSEGV", 0, sender_pid=4321)), "Process 4321 sent SIGSEGV"),
        (Incident(Kind.SIGNAL, signal=Signal(11, "SIGSEGV", -6)), "SIGSEGV was sent to the server"),
        (Incident(Kind.OUT_OF_MEMORY), "could not get memory"),
        (Incident(Kind.MEMORY_TEST_FAILED), "broken RAM"),
        (Incident(Kind.FATAL_EXIT, message="Bad file format"), "gave up and said why"),
        (Incident(Kind.WATCHDOG, threads=frames("lrangeCommand", "call")), "frozen, it did not die: lrangeCommand"),
        (Incident(Kind.VANISHED, message="Killed process 7"), "the log holds a notice that it was killed"),
    ],
)
def test_unknown_is_told_by_kind(incident: Incident, told: str) -> None:
    judged = verdict(incident)
    assert judged.status is Status.UNKNOWN
    assert told in (judged.title or "")
    assert judged.advice
    assert (judged.issue, judged.confidence, judged.fixed_status) == (None, 0.0, FixedStatus.UNKNOWN)


IN_DEBUG = frames("debugCommand", "call", "processCommand", "main")
BELOW_DEBUG = frames("rdbLoadObject", "rdbLoadRio", "debugCommand", "call", "main")
OOM = "Valkey aborting for OUT OF MEMORY. Allocating {} bytes!"


@pytest.mark.parametrize(
    ("incident", "command"),
    [
        (Incident(Kind.PANIC, message="DEBUG PANIC called at Unix time 1796007417"), "DEBUG PANIC"),
        (Incident(Kind.PANIC, message="Unknown encoding", threads=IN_DEBUG), None),
        (Incident(Kind.ASSERTION, site=Site("debug.c", 530, None, "1 == 2")), "DEBUG ASSERT"),
        (Incident(Kind.ASSERTION, site=Site("debug.c", 530, None, "o != NULL")), None),
        (Incident(Kind.ASSERTION, site=Site("t_set.c", 530, None, "1 == 2")), None),
        (Incident(Kind.OUT_OF_MEMORY, message=OOM.format(2**63 - 1), threads=IN_DEBUG), "DEBUG OOM"),
        (Incident(Kind.OUT_OF_MEMORY, message=OOM.format(20000011), threads=IN_DEBUG), None),
        (Incident(Kind.OUT_OF_MEMORY, message=OOM.format(2**63 - 1), threads=BELOW_DEBUG), None),
        (Incident(Kind.SIGNAL, signal=Signal(11, "SIGSEGV", 2, "SEGV_ACCERR"), threads=IN_DEBUG), "DEBUG SEGFAULT"),
        (
            Incident(Kind.SIGNAL, signal=Signal(11, "SIGSEGV", 1, None, Hex(2**64 - 1)), threads=IN_DEBUG),
            "DEBUG SEGFAULT",
        ),
        (Incident(Kind.SIGNAL, signal=Signal(11, "SIGSEGV", 1, None, Hex(8)), threads=IN_DEBUG), None),
        (
            Incident(Kind.SIGNAL, signal=SEGV, threads=IN_DEBUG, raw=(RawLine(300, "argv[1]: '\"segfault\"'"),)),
            "DEBUG SEGFAULT",
        ),
        (Incident(Kind.SIGNAL, signal=Signal(11, "SIGSEGV", 2, "SEGV_ACCERR"), threads=BELOW_DEBUG), None),
        (Incident(Kind.SIGNAL, signal=Signal(11, "SIGSEGV", 0), threads=IN_DEBUG), None),
    ],
)
def test_a_failure_that_debug_was_told_to_make_is_told_as_such(incident: Incident, command: str | None) -> None:
    judged = judge(incident, (), sign(incident), open_knowledge().relevant(incident, sign(incident)))
    if command is None:
        assert "on purpose" not in (judged.title or "")
        return
    assert (judged.status, judged.issue) == (Status.UNKNOWN, None)
    assert judged.title == f"{command} was run: it makes the server fail on purpose"
    advice = " ".join(judged.advice)
    assert "Find out who ran it" in advice
    assert not any(words in advice for words in ("maxmemory", "search terms", "newest patch", "welcome"))


def test_a_core_of_a_running_process_shows_no_failure() -> None:
    halted = Incident(
        Kind.SIGNAL, server=VALKEY, signal=Signal(19, "SIGSTOP"), threads=frames("epoll_wait", "aeMain")
    )
    judged = verdict(halted)
    assert judged.title == "The process was running when its core was taken"
    assert not any(words in " ".join(judged.advice) for words in ("REPORT", "newest patch", "memory"))
    assert severity(halted).level == "info"


def test_a_signal_from_outside_is_no_known_bug_wherever_the_server_stood() -> None:
    script = frames("luaV_execute", "luaCallFunction", "evalGenericCommand", "call", "main", module="redis-server")
    server = Server("redis", "7.0.15")
    sent = Incident(Kind.SIGNAL, pid=7, server=server, signal=Signal(11, "SIGSEGV", 0, sender_pid=9), threads=script)
    judged = judge(sent, (), sign(sent), open_knowledge().relevant(sent, sign(sent)))
    assert judged.title == "Process 9 sent SIGSEGV; the server did not fail by itself"
    assert (judged.status, judged.candidates, judged.for_) == (Status.UNKNOWN, (), ())
    assert not any("regression" in sentence for sentence in judged.advice)


@pytest.mark.parametrize(
    ("incident", "updates"),
    [
        (CRASH, True),
        (Incident(Kind.OUT_OF_MEMORY, server=VALKEY), True),
        (Incident(Kind.FATAL_EXIT, server=VALKEY, message="Bad file format"), False),
        (Incident(Kind.WATCHDOG, server=VALKEY, threads=frames("lrangeCommand", "call")), False),
        (replace(CRASH, signal=Signal(11, "SIGSEGV", 0, sender_pid=4321)), False),
    ],
)
def test_an_update_is_advised_only_where_a_bug_may_be_behind_it(incident: Incident, updates: bool) -> None:
    advice = " ".join(verdict(incident).advice)
    assert ("newest patch release" in advice) is updates
    assert not ("search terms" in advice and not updates)


@pytest.mark.parametrize(
    ("message", "product", "told", "untold"),
    [
        (
            "bind: Address already in use; Failed listening on port 6379, aborting.",
            "valkey",
            "itself names",
            "check-aof",
        ),
        ("Bad file format reading the append only file x.aof", "redis", "redis-check-aof", "valkey-check"),
        ("Short read or OOM loading DB. Unrecoverable error, aborting now.", "valkey", "valkey-check-rdb", "quota"),
        (
            "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...",
            "valkey",
            "quota",
            "check-aof",
        ),
    ],
)
def test_advice_on_a_server_that_gave_up_fits_its_words(message: str, product: str, told: str, untold: str) -> None:
    advice = " ".join(verdict(Incident(Kind.FATAL_EXIT, server=Server(product, "7.0.15"), message=message)).advice)
    assert told in advice
    assert untold not in advice


@pytest.mark.parametrize(
    "incident",
    [
        Incident(Kind.VANISHED),
        Incident(Kind.SIGNAL),
        Incident(Kind.SIGNAL, signal=SEGV, threads=frames(None, None)),
        Incident(Kind.ASSERTION, report=Report(complete=False)),
        Incident(Kind.WATCHDOG),
    ],
)
def test_poor_incident_is_not_enough_evidence(incident: Incident) -> None:
    judged = verdict(incident)
    assert judged.status is Status.NOT_ENOUGH_EVIDENCE
    assert judged.advice


def test_advice_gives_tracker_branch_and_search_terms() -> None:
    advice = " ".join(verdict(ASSERTION).advice)
    assert "https://github.com/valkey-io/valkey/issues" in advice
    assert 'blocked.c "x == 1"' in advice
    assert "8.0:" in advice


def test_module_crash_names_its_owner() -> None:
    assert "module faulty.so" in verdict(MODULE).advice[0]
    assert not any("module" in sentence for sentence in verdict(CRASH).advice)


@pytest.mark.parametrize("kind", list(Kind))
def test_no_advice_shows_an_unfilled_word(kind: Kind) -> None:
    judged = verdict(Incident(kind))
    assert judged.title
    assert not any("$" in text for text in (judged.title, *judged.advice))


@pytest.mark.parametrize(
    ("incident", "level"),
    [
        (FLAGSHIP, "high"),
        (replace(FLAGSHIP, role="replica"), "medium"),
        (replace(FLAGSHIP, role="child"), "low"),
        (Incident(Kind.MEMORY_TEST_FAILED), "critical"),
        (Incident(Kind.WATCHDOG), "medium"),
        (
            replace(
                FLAGSHIP,
                info={
                    "Persistence": {"rdb_changes_since_last_save": 812, "aof_enabled": 0},
                    "Replication": {"connected_slaves": 0},
                },
            ),
            "critical",
        ),
        (
            replace(
                FLAGSHIP,
                info={
                    "Persistence": {"rdb_changes_since_last_save": 812, "aof_enabled": 1},
                    "Replication": {"connected_slaves": 0},
                },
            ),
            "high",
        ),
    ],
)
def test_severity(incident: Incident, level: str) -> None:
    rated = severity(incident)
    assert rated.level == level
    assert rated.level in LEVELS
    assert rated.reasons
    assert rated.class_ is None


UNKNOWN = Verdict(Status.UNKNOWN)


def wants(incident: Incident, findings: tuple[Finding, ...] = (), judged: Verdict = UNKNOWN) -> dict[str, str | None]:
    return {missing.what: missing.command for missing in what_would_help(incident, findings, judged)}


def test_complete_crash_wants_core_and_symbols_only() -> None:
    found = wants(FLAGSHIP, FINDINGS)
    assert found["the core dump, with the server's binary"] == "coredumpctl dump 16773 --output=core"
    symbols = found["the exact binary with its debug symbols"]
    assert symbols is not None
    assert "addr2line" in symbols
    assert symbols.endswith(" 0x1f75ce 0x1f75cf 0x1f75d4")
    assert "the full crash report" not in found
    assert "a log at level verbose" not in found


def test_poor_log_wants_more() -> None:
    unasked = replace(FINDINGS[0], outcome=Outcome.NOT_APPLICABLE)
    bare = replace(
        FLAGSHIP, report=Report(complete=False), config={"loglevel": "notice"}, threads=None, server=Server(tls=True)
    )
    found = wants(bare, (unasked,))
    assert "BUG REPORT START" in (found["the full crash report"] or "")
    assert found["a log at level verbose"] == "valkey-cli CONFIG SET loglevel verbose"
    assert {"the log before the failure", "the server's version", "the stack of the failing thread"} <= found.keys()


UNASKED = tuple(
    Finding(name, name, Outcome.NOT_APPLICABLE, 0.0, "", data)
    for name, data in (("new-connections", {"open": 0}), ("tls-error-bursts", {}))
)


@pytest.mark.parametrize(
    ("incident", "asked"),
    [
        (replace(CRASH, server=Server("valkey", "8.0.1", tls=True)), True),
        (replace(CRASH, server=Server("valkey", "8.0.1")), True),
        (replace(CRASH, server=Server("valkey", "8.0.1", tls=False)), False),
        (Incident(Kind.FATAL_EXIT, message="Bad file format"), False),
        (Incident(Kind.VANISHED), False),
    ],
)
def test_the_log_before_is_asked_for_where_it_can_tell_more(incident: Incident, asked: bool) -> None:
    assert ("the log before the failure" in wants(incident, UNASKED)) is asked


def test_no_core_is_asked_for_where_there_is_no_fault_to_look_for() -> None:
    sent = replace(CRASH, pid=7, signal=Signal(11, "SIGSEGV", 0, sender_pid=4321))
    provoked = replace(CRASH, signal=Signal(11, "SIGSEGV", 2, "SEGV_ACCERR"), threads=IN_DEBUG)
    for incident in (sent, replace(provoked, signature=sign(provoked))):
        found = wants(incident)
        assert not any("core" in what or "debug symbols" in what or "memory" in what for what in found)
    assert "-p 4321 " in (wants(sent)["who process 4321 was"] or "")


def test_redis_gets_its_own_commands() -> None:
    crash = replace(CRASH, server=Server("redis", "7.0.15"))
    assert wants(crash)["a test of the machine's memory"] == "redis-server --test-memory 2048"


@pytest.mark.parametrize("kind", [Kind.VANISHED, Kind.OUT_OF_MEMORY])
def test_silent_death_wants_the_kernel_log(kind: Kind) -> None:
    assert "journalctl -k" in (wants(Incident(kind))["the kernel's log of that time"] or "")


def test_switched_off_reports_are_told() -> None:
    off = replace(CRASH, config={"crash-log-enabled": "no"})
    assert wants(off)["crash reports"] == "valkey-cli CONFIG SET crash-log-enabled yes"


def test_build_in_question_is_named() -> None:
    built = replace(FLAGSHIP, server=replace(FLAGSHIP.server, build_id="f155afabadd3d6e7"))
    found = wants(built, FINDINGS)
    assert "the exact binary with its debug symbols (build id f155afabadd3d6e7)" in found
    command = found["proof that the binary is the one that failed"]
    assert command == "valkey-server --version | grep build=f155afabadd3d6e7"


def test_module_is_asked_for_with_its_own_addresses() -> None:
    threads = (Thread(1, None, True, (Frame(0, None, Hex(0x1234), "/opt/modules/faulty.so"),)),)
    found = wants(replace(CRASH, threads=threads))
    assert (
        found["the module faulty.so with its debug symbols"] == "addr2line -a -f -i -e /opt/modules/faulty.so 0x1234"
    )
    assert not any("binary with its debug symbols" in what for what in found)


@pytest.mark.parametrize(
    ("subject", "command"),
    [
        ("server.io_threads", "valkey-cli CONFIG GET io-threads"),
        ("config.activedefrag", "valkey-cli CONFIG GET activedefrag"),
        ("server.modules", "valkey-cli MODULE LIST"),
        ("role", "valkey-cli ROLE"),
    ],
)
def test_what_an_issue_could_not_check_is_asked_for(subject: str, command: str) -> None:
    judged = Verdict(Status.SUSPECTED, unchecked=(Reason(subject, "Not stated in the input."),))
    assert command in wants(CRASH, (), judged).values()
    assert command not in wants(CRASH).values()


def test_memory_is_tested_as_far_as_it_was_used_unless_the_cause_is_known() -> None:
    used = replace(CRASH, info={"Memory": {"used_memory_peak": 3 * 2**30}})
    assert wants(used)["a test of the machine's memory"] == "valkey-server --test-memory 3072"
    assert "a test of the machine's memory" not in wants(used, (), Verdict(Status.KNOWN))


def test_next_core_is_to_hold_all_threads() -> None:
    command = "valkey-cli CONFIG SET crash-memcheck-enabled no"
    assert wants(CRASH)["all threads in the next core dump"] == command
    assert command not in wants(replace(CRASH, config={"crash-memcheck-enabled": "no"})).values()


def test_names_from_a_log_cannot_become_commands() -> None:
    threads = (Thread(1, None, True, (Frame(0, None, Hex(1), "/tmp/$(id);x.so"), Frame(1, None, Hex(2), "server"))),)
    hostile = replace(CRASH, threads=threads, server=Server("valkey", "8.0.1", build_id="a;$(id)"))
    commands = [command for command in wants(hostile).values() if command and "$(id)" in command]
    assert len(commands) == 2
    assert all("'/tmp/$(id);x.so'" in command or "'build=a;$(id)'" in command for command in commands)

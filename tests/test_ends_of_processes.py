"""How processes end without a crash report, and whose end it was when several log into one file."""

from pathlib import Path

import pytest
from log_facts import written

from triage.logs.incidents import LogFacts
from triage.model import Kind


def line(pid: int, clock: str, text: str, role: str = "M", level: str = "#") -> str:
    return f"{pid}:{role} 22 Nov 2026 {clock}.000 {level} {text}"


def start(pid: int, clock: str, port: int = 6379) -> list[str]:
    return [
        line(pid, clock, "oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo", level="*"),
        line(pid, clock, f"Valkey version=8.1.1, bits=64, commit=0, modified=0, pid={pid}, just started", level="*"),
        line(pid, clock, f"Running mode=standalone, port={port}.", level="*"),
    ]


def ready(pid: int, clock: str) -> str:
    return line(pid, clock, "Ready to accept connections tcp", level="*")


def assertion(pid: int, clock: str) -> list[str]:
    return [
        "=== VALKEY BUG REPORT START: Cut & paste starting from here ===",
        line(pid, clock, "=== ASSERTION FAILED ==="),
        line(pid, clock, "==> t_list.c:91 '0' is not true"),
        "=== VALKEY BUG REPORT END. Make sure to include from START to END. ===",
    ]


def told(facts: LogFacts) -> list[tuple[Kind, int | None]]:
    return [(incident.kind, incident.pid) for incident in facts.incidents]


def observed(facts: LogFacts) -> dict[str, int]:
    return {finding.id: finding.data["count"] for finding in facts.observations}


MODULE_GIVES_UP = "Can't load module from /opt/m.so: server aborting"
LAST_WORDS = [
    "Creating Server TCP listening socket *:6379: bind: Address already in use",
    "Could not create server TCP listening socket 127.0.0.1:6379: bind: Cannot assign requested address",
    "Failed listening on port 6379 (TLS), aborting.",
    "Can't handle RDB format version 80",
    "Wrong RDB checksum. Aborting now.",
    "Loading DB, duplicated key (a) found! Unrecoverable error, exiting now.",
    "Bad file format reading the append only file: make a backup of your AOF file, then use ./redis-check-aof",
    "Can't open the append-only file: Permission denied",
    "Unable to obtain the AOF file appendonly.aof.1.base.rdb length. stat: No such file or directory",
    MODULE_GIVES_UP,
    "Module /opt/m.so failed to load: /opt/m.so: cannot open shared object file",
    "Module /opt/m.so does not export ValkeyModule_OnLoad() or RedisModule_OnLoad() symbol. Module not loaded.",
    "Unrecoverable error: corrupted cluster config file.",
    "Sorry, the cluster configuration file nodes.conf is already used by a different Cluster node. Please make sure",
    "Redis will now exit to prevent data corruption. Note that it is possible to suppress this warning",
    "Fatal error, can't open config file '/etc/redis.conf': No such file or directory",
    "Your current 'ulimit -n' of 64 is not enough for the server to start. Please increase it to 10032. Exiting.",
    "Aborting Valkey startup because of ACL errors: Error loading ACLs, opening file 'users.acl'",
]


@pytest.mark.parametrize("words", LAST_WORDS)
def test_a_server_that_says_why_it_gives_up_has_those_words_as_message(words: str, tmp_path: Path) -> None:
    facts = written(tmp_path, *start(7, "10:00:00"), line(7, "10:00:01", words))
    if words.startswith("Module "):
        facts = written(
            tmp_path, *start(7, "10:00:00"), line(7, "10:00:01", words), line(7, "10:00:01", MODULE_GIVES_UP)
        )
    (incident,) = facts.incidents
    assert incident.kind is Kind.FATAL_EXIT
    assert words in (incident.message or "")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["*** FATAL CONFIG FILE ERROR (Version 8.0.1) ***", "Can't open the log file: No such file or directory"],
            "Can't open the log file: No such file or directory",
        ),
        (
            [
                "*** FATAL CONFIG FILE ERROR (Redis 6.2.6) ***",
                "Reading the configuration file, at line 2",
                ">>> 'dir /root/x'",
                "Permission denied",
            ],
            "Reading the configuration file, at line 2; >>> 'dir /root/x'; Permission denied",
        ),
        (
            [
                "*** FATAL CONFIG FILE ERROR (Version 8.0.1) ***",
                ">>> 'dbfilename \"a/b\"'",
                "dbfilename can't be a path, just a filename",
            ],
            ">>> 'dbfilename \"a/b\"'; dbfilename can't be a path, just a filename",
        ),
        (
            [line(7, "10:00:00", "Fatal error, can't open config file '/etc/v.conf': No such file", role="C")],
            "Fatal error, can't open config file '/etc/v.conf': No such file",
        ),
    ],
)
def test_a_start_that_failed_before_there_was_a_log_is_told(lines: list[str], message: str, tmp_path: Path) -> None:
    (incident,) = written(tmp_path, *lines).incidents
    assert incident.kind is Kind.FATAL_EXIT
    assert (incident.message or "").endswith(message)
    assert incident.server.product in (None, "redis", "valkey")


CHECKED_RDB = [
    line(7, "10:00:01", "Short read or OOM loading DB. Unrecoverable error, aborting now."),
    line(
        7, "10:00:01", "Internal error in RDB reading offset 0, function at rdb.c:3375 -> Unexpected EOF reading RDB"
    ),
    "[offset 0] Checking RDB file dump.rdb",
    *(f"[offset {number}] AUX FIELD field{number} = '1'" for number in range(27, 60)),
    "[offset 82] Selecting DB ID 0",
    "--- RDB ERROR DETECTED ---",
    "[offset 199997] Unexpected EOF reading RDB file",
    "[additional info] While doing: read-object-value",
    "[additional info] Reading key 'k12409'",
    "[additional info] Reading type 0 (string)",
    "[info] 14018 keys read",
    "[info] 0 expires",
    "[info] 0 already expired",
]


def test_the_check_of_a_damaged_rdb_file_is_known_and_takes_nothing_from_the_failure(tmp_path: Path) -> None:
    facts = written(tmp_path, *start(7, "10:00:00"), *CHECKED_RDB)
    (incident,) = facts.incidents
    assert incident.kind is Kind.FATAL_EXIT
    assert not facts.unrecognised
    short = [text for text in CHECKED_RDB if "AUX" not in text]
    (incident,) = written(tmp_path, *start(7, "10:00:00"), *short).incidents
    assert "[offset 199997] Unexpected EOF reading RDB file; [additional info] While doing" in (
        incident.message or ""
    )


SHORT_WRITE = "Short write while writing to the AOF file: (nwritten=47858, expected=60054)"
ALWAYS = "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting..."


def test_a_short_write_to_the_aof_is_seen_whether_the_server_lives_on_or_not(tmp_path: Path) -> None:
    lives = written(tmp_path, *start(7, "10:00:00"), ready(7, "10:00:01"), line(7, "10:00:02", SHORT_WRITE))
    assert (told(lives), observed(lives)) == ([], {"misconf": 1})
    ends = written(
        tmp_path,
        *start(7, "10:00:00"),
        ready(7, "10:00:01"),
        line(7, "10:00:02", SHORT_WRITE),
        line(7, "10:00:02", ALWAYS),
    )
    assert ends.incidents[0].message == f"{SHORT_WRITE}; {ALWAYS}"


@pytest.mark.parametrize("words", [words for words in LAST_WORDS if "socket" in words])
def test_one_address_of_two_that_cannot_be_bound_ends_nothing(words: str, tmp_path: Path) -> None:
    facts = written(tmp_path, *start(7, "10:00:00"), line(7, "10:00:01", words), ready(7, "10:00:01"))
    assert told(facts) == []


KILL_NOTICES = [
    "[1234.5] Out of memory: Kill process 7 (redis-server) score 900 or sacrifice child",
    "[1234.5] Memory cgroup out of memory: Killed process 7 (valkey-server) total-vm:99kB",
    "[1234.5] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),task=valkey-server,pid=7,uid=999",
    "valkey.service: Main process exited, code=killed, status=9/KILL",
    "valkey.service: A process of this unit has been killed by the OOM killer.",
    "redis-1 exited with code 137",
    "    Reason: OOMKilled",
    "2026-11-22 10:00:02,000 INFO exited: redis (terminated by SIGKILL; not expected)",
    "/entrypoint.sh: line 12:     7 Killed                  valkey-server",
    "Killed",
]


@pytest.mark.parametrize("notice", KILL_NOTICES)
def test_a_kill_notice_at_the_end_is_a_vanished_process(notice: str, tmp_path: Path) -> None:
    assert told(written(tmp_path, *start(7, "10:00:00"), ready(7, "10:00:01"), notice)) == [(Kind.VANISHED, 7)]


def test_a_process_killed_by_another_pid_is_not_this_one(tmp_path: Path) -> None:
    notice = "[1234.5] Out of memory: Killed process 99 (java) total-vm:99kB"
    assert told(written(tmp_path, *start(7, "10:00:00"), ready(7, "10:00:01"), notice)) == []


def test_a_log_that_just_ends_shows_no_incident(tmp_path: Path) -> None:
    assert told(written(tmp_path, *start(7, "10:00:00"), ready(7, "10:00:01"))) == []


def test_a_quiet_neighbour_does_not_vanish_when_the_other_server_restarts(tmp_path: Path) -> None:
    lines = [
        *start(10, "09:59:30"),
        ready(10, "09:59:31"),
        line(20, "09:59:40", "10 changes in 300 seconds. Saving...", level="*"),
        *assertion(10, "10:00:00"),
        *start(30, "10:00:05"),
        ready(30, "10:00:06"),
    ]
    assert told(written(tmp_path, *lines)) == [(Kind.ASSERTION, 10)]


def test_lines_of_a_neighbour_and_of_a_child_inside_a_report_change_nothing(tmp_path: Path) -> None:
    report = assertion(10, "10:00:00")
    lines = [
        *start(10, "09:59:30"),
        *start(20, "09:59:31", port=6380),
        *report[:2],
        line(20, "10:00:00", "Background saving terminated with success", level="*"),
        line(21, "10:00:00", "DB saved on disk", role="C", level="*"),
        *report[2:],
        line(20, "10:00:01", "User requested shutdown..."),
        line(20, "10:00:01", "Valkey is now ready to exit, bye bye..."),
    ]
    facts = written(tmp_path, *lines)
    assert told(facts) == [(Kind.ASSERTION, 10)]
    assert observed(facts)["clean-shutdown"] == 1


def test_two_servers_that_crash_in_one_file_are_two_incidents(tmp_path: Path) -> None:
    lines = [*start(10, "09:59:30"), *start(20, "09:59:31", port=6380)]
    lines += [*assertion(10, "10:00:00"), line(20, "10:00:01", "Accepted 1.2.3.4:5"), *assertion(20, "10:00:02")]
    assert told(written(tmp_path, *lines)) == [(Kind.ASSERTION, 10), (Kind.ASSERTION, 20)]


def test_the_same_crash_at_every_start_is_a_crash_loop(tmp_path: Path) -> None:
    lines = [
        text for minute in range(4) for text in (*start(1, f"10:0{minute}:00"), *assertion(1, f"10:0{minute}:10"))
    ]
    facts = written(tmp_path, *lines)
    assert told(facts) == [(Kind.ASSERTION, 1)] * 4
    loop = next(finding for finding in facts.observations if finding.id == "crash-loop")
    assert loop.data == {"count": 4, "kind": "assertion", "median_seconds": 60.0}
    assert observed(facts)["restart"] == 3


def test_crashes_hours_apart_are_no_loop(tmp_path: Path) -> None:
    lines = [text for hour in range(10, 14) for text in (*start(1, f"{hour}:00:00"), *assertion(1, f"{hour}:00:10"))]
    assert "crash-loop" not in observed(written(tmp_path, *lines))


@pytest.mark.parametrize(
    ("text", "observation"),
    [
        ("Error trying to save the DB, can't exit.", "misconf"),
        ("Background saving terminated by signal 9", "child-terminated"),
        ("Background AOF rewrite terminated by signal 11", "child-terminated"),
        ("Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer", "aof-fsync-slow"),
        ("Cluster state changed: fail", "cluster-down"),
        ("Connection with primary lost.", "primary-link-lost"),
        ("Possible SECURITY ATTACK detected. It looks like somebody is sending POST", "security-attack"),
    ],
)
def test_trouble_that_a_server_survives_is_observed_with_its_count(
    text: str, observation: str, tmp_path: Path
) -> None:
    facts = written(tmp_path, *start(7, "10:00:00"), ready(7, "10:00:01"), *[line(7, "10:00:02", text)] * 3)
    assert told(facts) == []
    assert observed(facts)[observation] == 3


def test_an_aof_whose_end_was_cut_off_is_told(tmp_path: Path) -> None:
    cut = "!!! Truncating the AOF appendonly.aof.1.incr.aof at offset 2885 !!!"
    facts = written(tmp_path, *start(7, "10:00:00"), line(7, "10:00:01", cut), ready(7, "10:00:02"))
    assert (told(facts), observed(facts)) == ([], {"aof-cut": 1})


def test_a_second_sigint_is_an_exit_without_a_save(tmp_path: Path) -> None:
    insists = ["7:signal-handler (1796009953) You insist... exiting now."]
    facts = written(tmp_path, *start(7, "10:00:00"), ready(7, "10:00:01"), *insists)
    assert (told(facts), observed(facts)) == ([], {"forced-exit": 1})

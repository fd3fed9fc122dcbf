"""Keys survive rebuilds, forks and missing symbols, and poor stacks get none."""

from dataclasses import replace

import pytest

from triage.model import Frame, Hex, Incident, Kind, Signal, Site, Thread
from triage.signature import ALGORITHM, sign
from triage.signature.names import expression_text, file_name, function_name, message_text
from triage.signature.stack import fold_recursion

SERVER = "/opt/valkey/bin/valkey-server *:6379 [cluster]"
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"


def stack(*functions: str | None, module: str = SERVER) -> tuple[Thread, ...]:
    frames = tuple(
        Frame(i, function, Hex(0x1D200 + i), LIBC if function == "(libc)" else module)
        for i, function in enumerate(functions)
    )
    unnamed = tuple(replace(f, function=None) if f.function == "(libc)" else f for f in frames)
    return (Thread(1, "valkey-server", True, unnamed),)


def crash(*functions: str | None, name: str = "SIGSEGV", code: int = 1) -> Incident:
    return Incident(Kind.SIGNAL, signal=Signal(11, name, code), threads=stack(*functions))


COMMAND_TAIL = ("call", "processCommand", "processInputBuffer", "readQueryFromClient", "aeMain", "main", "_start")
FLAGSHIP_STACK = (None, None, "processIOThreadsReadDone", "beforeSleep", "aeMain", "main", "(libc)", "_start")
TLS_SITE = Site("tls.c", 603, None, "0")


@pytest.mark.parametrize(
    ("printed", "spelling"),
    [
        ("rdbLoadObject.part.0", "rdbLoadObject"),
        ("dictScan.constprop.12", "dictScan"),
        ("call.isra.3.cold", "call"),
        ("hllSparseSet.lto_priv.0", "hllSparseSet"),
        ("pthread_cond_wait@@GLIBC_2.3.2", "pthread_cond_wait"),
        ("clusterNodeGetMaster", "clusterNodeGetPrimary"),
        ("replicationFeedSlaves", "replicationFeedReplicas"),
        ("RM_Call", "VM_Call"),
        ("redisOutOfMemoryHandler", "serverOutOfMemoryHandler"),
        ("_redisPanic", "_serverPanic"),
        ("_ZN4core6option13unwrap_failed17h0123456789abcdefE", "_ZN4core6option13unwrap_failedE"),
        ("defragKey(redisDb*, dictEntry*)", "defragKey"),
        ("partition", "partition"),
    ],
)
def test_function_names_get_one_spelling(printed: str, spelling: str) -> None:
    assert function_name(printed) == spelling


@pytest.mark.parametrize(
    ("printed", "masked"),
    [
        ("Unknown RDB encoding type 77", "Unknown RDB encoding type #"),
        ("Can't open 'dump-3.rdb' at 0x7f00dead", "Can't open '…' at #"),
        ('bad  key "user:1"', 'bad key "…"'),
        ("node 110e97698308f6dcc057c5c566dcbed5f5eda3c2 left", "node # left"),
    ],
)
def test_messages_are_masked(printed: str, masked: str) -> None:
    assert message_text(printed) == masked


def test_sites_get_one_spelling() -> None:
    assert file_name("/usr/src/valkey/src/cluster_legacy.c") == "cluster.c"
    assert expression_text("server.masterhost  != NULL &&\n x") == "server.primary_host != NULL && x"


@pytest.mark.parametrize(
    ("names", "folded"),
    [
        (("f", "f", "f", "g"), ("f", "g")),
        (("a", "b", "a", "b", "a", "b", "c"), ("a", "b", "c")),
        (("a", "b", "c"), ("a", "b", "c")),
        (("a", "b", "a", "c"), ("a", "b", "a", "c")),
    ],
)
def test_recursion_is_folded(names: tuple[str, ...], folded: tuple[str, ...]) -> None:
    assert fold_recursion(names) == folded


@pytest.mark.parametrize(
    "threads",
    [None, stack(*FLAGSHIP_STACK), stack("registerSSLEvent", "updateSSLState", *FLAGSHIP_STACK[2:])],
    ids=["musl", "stripped", "full"],
)
def test_family_of_an_assertion_is_equal_over_builds(threads: tuple[Thread, ...] | None) -> None:
    signature = sign(Incident(Kind.ASSERTION, site=TLS_SITE, threads=threads))
    assert signature.algorithm == ALGORITHM
    assert signature.family == "assertion:tls.c:0"


def test_strict_adds_the_named_own_frames() -> None:
    signature = sign(Incident(Kind.ASSERTION, site=TLS_SITE, threads=stack(*FLAGSHIP_STACK)))
    assert signature.strict == "assertion:tls.c:0 < processIOThreadsReadDone < beforeSleep"


def test_neither_line_nor_path_moves_the_keys() -> None:
    one = sign(Incident(Kind.ASSERTION, site=TLS_SITE))
    other = sign(Incident(Kind.ASSERTION, site=Site("/src/tls.c", 607, None, "0")))
    assert (one.strict, one.family) == (other.strict, other.family)


@pytest.mark.parametrize(
    ("functions", "culprit"),
    [
        (("debugCommand", *COMMAND_TAIL), "debugCommand"),
        (
            ("logStackTrace", "sigsegvHandler", "(libc)", "hllSparseToDense", "hllSparseSet", *COMMAND_TAIL),
            "hllSparseToDense",
        ),
        (("memcpy", "sdscatlen", "catClientInfoString", *COMMAND_TAIL), "catClientInfoString"),
        ((None, "streamReplyWithRange", *COMMAND_TAIL), "streamReplyWithRange"),
        (("je_arena_malloc_large", "zmalloc", "lpInsert", "hashTypeSet", *COMMAND_TAIL), "hashTypeSet"),
        (("processCommand", *COMMAND_TAIL[2:]), "processCommand"),
        (("doFastMemoryTest", "printCrashReport", "sigsegvHandler", "(libc)", "rdbSaveDb", "main"), "rdbSaveDb"),
    ],
)
def test_culprit_is_the_innermost_own_function(functions: tuple[str | None, ...], culprit: str) -> None:
    signature = sign(crash(*functions))
    assert signature.family == f"signal:{culprit}"
    assert [f.function for f in signature.frames if f.role == "culprit"] == [culprit]


@pytest.mark.parametrize(
    "functions",
    [
        (),
        (None, None, None),
        (None, *COMMAND_TAIL),
        (None, "luaCallFunction", "evalGenericCommand", *COMMAND_TAIL),
        ("invalidFunctionWasCalled", None, "main"),
        ("main", "(libc)", "_start"),
        ("epoll_wait", "aeProcessEvents", "aeMain", "main"),
        ("(libc)", "pthread_cond_wait", "bioProcessBackgroundJobs", "(libc)"),
    ],
    ids=[
        "none",
        "unnamed",
        "unnamed-in-dispatch",
        "unnamed-in-script",
        "no-function",
        "main",
        "idle-main",
        "idle-bio",
    ],
)
def test_poor_stack_gets_no_key(functions: tuple[str | None, ...]) -> None:
    signature = sign(crash(*functions))
    assert (signature.strict, signature.family) == (None, None)


def test_strict_tells_apart_what_family_joins() -> None:
    one = sign(crash("lpInsert", "hashTypeSet", "hsetCommand", *COMMAND_TAIL))
    other = sign(crash("memcpy", "hashTypeSet", "hincrbyCommand", *COMMAND_TAIL))
    assert one.family == other.family == "signal:hashTypeSet"
    assert one.strict == "signal:SIGSEGV < lpInsert < hashTypeSet < hsetCommand"
    assert other.strict == "signal:SIGSEGV < hashTypeSet < hincrbyCommand"


@pytest.mark.parametrize(("code", "number"), [(0, 11), (-1, 11), (-6, 11), (0, 6)])
def test_signal_from_outside_blames_no_frame(code: int, number: int) -> None:
    incident = replace(crash("epoll_wait", "aeMain", "main"), signal=Signal(number, "SIGX", code))
    assert sign(incident).family == sign(incident).strict == "signal:sent:SIGX"


def test_want_of_memory_is_named_by_who_asked() -> None:
    asked = stack(
        "_serverPanic", "redisOutOfMemoryHandler", "zmalloc", "_sdsnewlen", "setrangeCommand", *COMMAND_TAIL
    )
    assert sign(Incident(Kind.OUT_OF_MEMORY, threads=asked)).family == "out-of-memory:setrangeCommand"


def test_abort_of_the_c_library_is_not_taken_for_a_sent_signal() -> None:
    incident = replace(crash("abort", "free", "freeClient", *COMMAND_TAIL), signal=Signal(6, "SIGABRT", -6))
    assert sign(incident).family == "signal:freeClient"


def test_panics_group_by_masked_message_and_file() -> None:
    one = Incident(Kind.PANIC, site=Site("rdb.c", 10), message="Unknown RDB encoding type 77")
    other = Incident(Kind.PANIC, site=Site("src/rdb.c", 99), message="Unknown RDB encoding type 5")
    assert sign(one).family == sign(other).family == "panic:rdb.c:Unknown RDB encoding type #"


@pytest.mark.parametrize("kind", [Kind.VANISHED, Kind.MEMORY_TEST_FAILED, Kind.OUT_OF_MEMORY, Kind.WATCHDOG])
def test_incident_without_stack_or_site_is_not_put_into_a_common_bucket(kind: Kind) -> None:
    assert sign(Incident(kind)).family is None


def test_only_the_crashing_thread_counts() -> None:
    idle = Thread(2, "bio_close_file", None, stack("pthread_cond_wait", "bioProcessBackgroundJobs")[0].frames)
    incident = replace(crash("debugCommand", *COMMAND_TAIL), threads=(idle, *stack("debugCommand", *COMMAND_TAIL)))
    assert sign(incident).family == "signal:debugCommand"
    unmarked = tuple(replace(t, crashed=None) for t in incident.threads or ())
    assert sign(replace(incident, threads=unmarked)).family is None


def test_endless_recursion_stays_readable() -> None:
    signature = sign(crash(*(["luaReplyToServerReply"] * 5000), "luaServerCall", *COMMAND_TAIL))
    assert signature.strict == "signal:SIGSEGV < luaReplyToServerReply < luaServerCall"

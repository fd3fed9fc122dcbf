"""Keys survive rebuilds, forks and missing symbols, and poor stacks get none."""

from dataclasses import replace

import pytest

from triage.model import Frame, Hex, Incident, Kind, Server, Signal, Site, Thread
from triage.signature import ALGORITHM, sign
from triage.signature.names import expression_text, file_name, function_name, message_text
from triage.signature.recursion import endless_cycle, fold_recursion

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
        ("RM_DefragRedisModuleString", "VM_DefragValkeyModuleString"),
        ("clusterMastersHaveSlaves", "clusterPrimariesHaveReplicas"),
        ("genRedisInfoStringCommandStats", "genValkeyInfoStringCommandStats"),
        ("sentinelRedisInstanceLookupSlave", "sentinelValkeyInstanceLookupReplica"),
        ("luaRedisBreakpointCommand", "luaServerBreakpointCommand"),
        ("redisOutOfMemoryHandler", "serverOutOfMemoryHandler"),
        ("_redisPanic", "_serverPanic"),
        ("__GI_abort", "abort"),
        ("redis-server.exe!clusterCron", "clusterCron"),
        ("_ZN4core6option13unwrap_failed17h0123456789abcdefE", "core::option::unwrap_failed"),
        ("_Z23Disconnect_RedisCommandP14RedisModuleCtxPP17RedisModuleStringi", "Disconnect_RedisCommand"),
        ("_ZN12_GLOBAL__N_13runEv", "{anonymous}::run"),
        ("_ZNSt6vectorIiE", "_ZNSt6vectorIiE"),
        ("defragKey(redisDb*, dictEntry*)", "defragKey"),
        ("(anonymous namespace)::Index::Add(int)", "{anonymous}::Index::Add"),
        ("void search::Run<std::vector<int> >(int) const", "search::Run<T>"),
        ("search::Job::operator()(int)", "search::Job::operator-call"),
        ("search::Run(int)::{lambda(int)#1}", "search::Run"),
        ("<redis_module::Context as core::ops::Drop>::drop::h0123456789abcdef", "redis_module::Context::drop"),
        ("json::get::{{closure}}", "json::get::{lambda}"),
        ("partition", "partition"),
    ],
)
def test_function_names_get_one_spelling(printed: str, spelling: str) -> None:
    assert function_name(printed) == spelling


@pytest.mark.parametrize(
    ("printed", "masked"),
    [
        ("Unknown RDB encoding type 77", "Unknown RDB encoding type #"),
        ("Failed to load key: /etc/tls/a.key: error:1", "Failed to load key: /…: error:#"),
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
        (("std::terminate()", "abort", "search::Index::Add(int)", "VM_Call", *COMMAND_TAIL), "search::Index::Add"),
        (("VM_GetServerInfo", None, "start_thread"), "VM_GetServerInfo"),
        (("(libc)", None, "lua_rawgeti", None, "lua_pcall", "luaCallFunction", "call", "main"), "lua_rawgeti"),
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
        ("main", "(libc)", "_start"),
        ("epoll_wait", "aeProcessEvents", "aeMain", "main"),
        ("(libc)", "pthread_cond_wait", "bioProcessBackgroundJobs", "(libc)"),
        ("logStackTrace",),
        ("logStackTrace", "sigsegvHandler", "(libc)"),
    ],
    ids=["none", "main", "idle-main", "idle-bio", "handler-alone", "handler-and-trampoline"],
)
def test_stack_that_shows_no_fault_gets_no_key(functions: tuple[str | None, ...]) -> None:
    signature = sign(crash(*functions))
    assert (signature.strict, signature.family) == (None, None)
    assert signature.poor


@pytest.mark.parametrize(
    ("functions", "place"),
    [
        ((None, None, None), "+0x1d200"),
        ((None, *COMMAND_TAIL), "+0x1d200"),
        (("(libc)", None, "luaCallFunction", "evalGenericCommand", *COMMAND_TAIL), "+0x1d201"),
        (("invalidFunctionWasCalled", None, "main"), "+0x1d201"),
    ],
    ids=["unnamed", "unnamed-in-dispatch", "unnamed-in-script", "no-function"],
)
def test_stack_without_a_name_is_signed_within_its_build(functions: tuple[str | None, ...], place: str) -> None:
    incident = replace(crash(*functions), server=Server("valkey", "8.1.3"))
    signature = sign(incident)
    assert signature.family == f"signal:valkey-server({place})@8.1.3"
    assert sign(replace(incident, server=Server("valkey", "8.1.4"))).family != signature.family


def test_development_build_is_known_by_its_build_id() -> None:
    incident = replace(crash(None, "main"), server=Server("redis", "255.255.255", build_id="5c1e2f"))
    assert sign(incident).family == "signal:redis-server(+0x1d200)@5c1e2f"


def test_program_at_fixed_addresses_is_signed_by_address() -> None:
    frames = (
        Frame(0, module="/opt/redis-server", address=Hex(0x46C96F)),
        Frame(1, "main", module="/opt/redis-server"),
    )
    relocated = (replace(frames[0], address=Hex(0x7F00_0046_C96F)), frames[1])
    assert sign(replace(crash(), threads=(Thread(1, None, True, frames),))).family == "signal:valkey-server(0x46c96f)"
    assert sign(replace(crash(), threads=(Thread(1, None, True, relocated),))).family is None


@pytest.mark.parametrize(
    ("frames", "family"),
    [
        ((Frame(0, None, Hex(0x6465), "/usr/lib/rejson.so"), Frame(1, "call")), "rejson.so(+0x6465)"),
        (
            (
                Frame(0, None, Hex(0x9D8C), "/m/redisbloom.so"),
                Frame(1, "CuckooFilter_Insert", None, "/m/redisbloom.so"),
            ),
            "redisbloom.so(CuckooFilter_Insert)",
        ),
        (
            (Frame(0, "RedisModule_OnLoad", None, "libsearch.so"), Frame(1, "moduleLoad"), Frame(2, "main")),
            "libsearch.so(ValkeyModule_OnLoad)",
        ),
        (
            (Frame(0, "clusterCommandSlots"), Frame(1, "VM_Call"), Frame(2, None, Hex(1), "oss.so")),
            "clusterCommandSlots",
        ),
    ],
)
def test_module_owns_what_fails_in_its_code(frames: tuple[Frame, ...], family: str) -> None:
    signature = sign(replace(crash(), threads=(Thread(1, None, True, frames),)))
    assert signature.family == f"signal:{family}"


def test_strict_tells_apart_what_family_joins() -> None:
    one = sign(crash("lpInsert", "hashTypeSet", "hsetCommand", *COMMAND_TAIL))
    other = sign(crash("memcpy", "lpNext", "hashTypeSet", "hincrbyCommand", *COMMAND_TAIL))
    assert one.family == other.family == "signal:hashTypeSet in packed list"
    assert one.strict == "signal:SIGSEGV < lpInsert < hashTypeSet < hsetCommand"
    assert other.strict == "signal:SIGSEGV < lpNext < hashTypeSet < hincrbyCommand"


@pytest.mark.parametrize(
    ("functions", "family"),
    [
        (("je_arena_malloc_large", "zmalloc", "lpInsert", "hashTypeSet"), "hashTypeSet in heap"),
        (("memcpy", "sdsnewlen", "processMultibulkBuffer"), "processMultibulkBuffer"),
        (("decrRefCount", "slowlogFreeEntry", "listDelNode"), "slowlogFreeEntry"),
        (("je_free", "zfree", "slowlogFreeEntry"), "slowlogFreeEntry"),
        (("intsetGet", "setTypeNext", "sinterGenericCommand"), "setTypeNext in integer set"),
        (("dictNext", "setTypeNext", "sinterGenericCommand"), "setTypeNext in hash table"),
        (("hashtableFind", "setTypeNext", "sinterGenericCommand"), "setTypeNext in hash table"),
        (("je_extent_heap_remove_first", "je_realloc"), "je_extent_heap_remove_first"),
        (("SSL_pending", None, "rdbLoadLzfStringObject", "rdbLoadObject", "readSyncBulk"), "readSyncBulk in OpenSSL"),
        (("SSL_want", "SSL_get_error", "rdbLoadType", "rdbLoadRio", "readSyncBulk"), "readSyncBulk in OpenSSL"),
        (("SSL_pending", None, "rdbLoadObject", "main"), "rdbLoadObject in OpenSSL"),
        (("lpNext", "rdbLoadObject", "restoreCommand"), "rdbLoadObject in packed list"),
        (("clientHasPendingReplies", "prepareClientToWrite", "addReply", "call", "aeMain"), "call in reply"),
    ],
)
def test_same_caller_in_another_structure_is_another_family(functions: tuple[str, ...], family: str) -> None:
    assert sign(crash(*functions)).family == f"signal:{family}"


LENGTH = Site("networking.c", 600, None, "length >= 0")
PENDING = Site("blocked.c", 310, None, "server.also_propagate.numops == 0")


@pytest.mark.parametrize(
    ("site", "functions", "caller"),
    [
        (LENGTH, (None, None, "hrandfieldWithCountCommand", "hrandfieldCommand"), " < hrandfieldWithCountCommand"),
        (LENGTH, ("addReplyArrayLen", "zrandmemberCommand"), " < zrandmemberCommand"),
        (PENDING, ("handleClientsBlockedOnKeys", "processCommand"), " < processCommand(auth)"),
        (PENDING, ("handleClientsBlockedOnKeys", "beforeSleep", "aeMain"), " < beforeSleep"),
        (PENDING, ("handleClientsBlockedOnKeys", "aeMain"), ""),
        (Site("listpack.c", 1, None, "x"), ("lpNext", "listpackExExpire", "ebExpire"), " < listpackExExpire"),
        (Site("ziplist.c", 1, None, "NULL"), (None, "ziplistGet", "quicklistNext", "lrangeCommand"), " in quicklist"),
        (Site("ziplist.c", 1, None, "NULL"), ("ziplistGet", "quicklistNext", "rewriteListObject"), " in quicklist"),
        (Site("tls.c", 1, None, "0"), ("registerSSLEvent", "updateSSLState"), ""),
        (LENGTH, (), ""),
    ],
)
def test_assertion_that_many_can_break_is_told_by_its_caller(
    site: Site, functions: tuple[str | None, ...], caller: str
) -> None:
    threads = stack(*functions) if functions else None
    incident = Incident(Kind.ASSERTION, site=site, threads=threads, current_command="auth")
    assert sign(incident).family == f"assertion:{site.file}:{site.expression}{caller}"


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


@pytest.mark.parametrize("turns", [40, 5000])
def test_overflow_is_named_by_its_cycle_wherever_it_met_the_guard_page(turns: int) -> None:
    one = sign(crash(*(["luaReplyToServerReply", "pushReply"] * turns), "luaServerCall", *COMMAND_TAIL))
    other = sign(crash("malloc", "pushReply", *(["luaReplyToServerReply", "pushReply"] * turns), "main"))
    assert one.family == other.family == "signal:recursion:luaReplyToServerReply > pushReply"
    assert one.strict == "signal:recursion:luaReplyToServerReply > pushReply < luaServerCall"


def test_nameless_function_that_calls_itself_is_an_overflow_too() -> None:
    again = tuple(Frame(i, None, Hex(0x1FD20F), SERVER) for i in range(60))
    incident = replace(crash(), threads=(Thread(1, None, True, (Frame(0, "lpNext"), *again, Frame(61, "main"))),))
    assert sign(incident).family == "signal:recursion:valkey-server(+0x1fd20f)"


def test_a_few_nested_calls_are_no_overflow() -> None:
    assert endless_cycle(["luaCallFunction", "evalCommand", "call"] * 4) is None
    assert endless_cycle([None] * 90) is None


def test_stack_that_is_only_the_failed_unwinder_says_so() -> None:
    frames = (
        None,
        "_Unwind_Backtrace",
        "__backtrace",
        None,
        "logStackTrace",
        None,
        "_Unwind_Backtrace",
        "logStackTrace",
    )
    assert sign(crash(*frames)).family == "signal:while-reporting:_Unwind_Backtrace"


@pytest.mark.parametrize(
    ("functions", "least", "most"),
    [
        (("lpNext", "hashTypeNext", "hgetallCommand", "call"), 1.0, 1.0),
        ((None, "ACLLoadFromFile", "aclCommand", "call"), 0.7, 0.9),
        ((None, None, None, None, "aeMain", "main"), 0.2, 0.3),
    ],
)
def test_quality_counts_names_where_they_matter(functions: tuple[str | None, ...], least: float, most: float) -> None:
    quality = sign(crash(*functions)).quality
    assert quality is not None
    assert least <= quality <= most


def test_assertion_is_not_judged_by_its_stack() -> None:
    signature = sign(Incident(Kind.ASSERTION, site=TLS_SITE, threads=stack(None, None)))
    assert signature.quality is None
    assert not signature.poor

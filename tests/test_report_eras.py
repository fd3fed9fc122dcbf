"""Crash reports of every era and form, as the servers' sources print them, down to what pastes leave of them."""

from pathlib import Path
from typing import Any

import pytest
from log_facts import written

from triage.model import Incident, Kind

FRAME = "/usr/bin/redis-server *:6379(lookupKey+0x1a)[0x43e0fa]"

REDIS_22_SIGNAL = """\
[1234] 12 Mar 10:00:00 # ======= Ooops! Redis 2.2.12 got signal: -11- =======
[1234] 12 Mar 10:00:00 # redis_version:2.2.12
redis_git_sha1:00000000
redis_git_dirty:0
arch_bits:64
multiplexing_api:epoll
process_id:1234
uptime_in_seconds:99
[1234] 12 Mar 10:00:00 # ./redis-server(lookupKey+0x1a) [0x43e0fa]
[1234] 12 Mar 10:00:00 # ./redis-server(main+0x33) [0x41d9a0]
[1234] 12 Mar 10:00:00 # /lib/libc.so.6(__libc_start_main+0xfd) [0x7f5c1a8c4c4d]"""

REDIS_22_ASSERTION = """\
[1234] 12 Mar 10:00:00 # === ASSERTION FAILED ===
[1234] 12 Mar 10:00:00 # ==> t_list.c:91 '0' is not true
[1234] 12 Mar 10:00:00 # (forcing SIGSEGV in order to print the stack trace)
[1234] 12 Mar 10:00:00 # ======= Ooops! Redis 2.2.12 got signal: -11- =======
[1234] 12 Mar 10:00:00 # ./redis-server(_redisAssert+0x5a) [0x43e0fa]
[1234] 12 Mar 10:00:00 # ./redis-server(main+0x33) [0x41d9a0]"""

REDIS_24 = """\
[77] 12 Mar 10:00:00 # === REDIS BUG REPORT START: Cut & paste starting from here ===
[77] 12 Mar 10:00:00 #     Redis 2.4.15 crashed by signal: 11
[77] 12 Mar 10:00:00 #     Failed assertion: <no assertion failed> (<no file>:0)
[77] 12 Mar 10:00:00 # --- STACK TRACE
[77] 12 Mar 10:00:00 # ./redis-server(lookupKey+0x1a) [0x43e0fa]
[77] 12 Mar 10:00:00 # ./redis-server(main+0x33) [0x41d9a0]
[77] 12 Mar 10:00:00 # --- INFO OUTPUT
[77] 12 Mar 10:00:00 # redis_version:2.4.15
redis_git_sha1:00000000
arch_bits:64
uptime_in_seconds:4242

[77] 12 Mar 10:00:00 # --- CLIENT LIST OUTPUT
[77] 12 Mar 10:00:00 # addr=10.0.0.1:4242 fd=5 idle=0 flags=N db=0 sub=0 psub=0 qbuf=0 obl=0 oll=0 events=r cmd=get
addr=10.0.0.2:4242 fd=6 idle=3 flags=N db=0 sub=0 psub=0 qbuf=0 obl=0 oll=0 events=r cmd=set

[77] 12 Mar 10:00:00 # --- CURRENT CLIENT INFO
[77] 12 Mar 10:00:00 # client: addr=10.0.0.1:4242 fd=5 idle=0 flags=N db=0 sub=0 psub=0 qbuf=0 obl=0 events=r cmd=get
[77] 12 Mar 10:00:00 # argv[0]: 'get'
[77] 12 Mar 10:00:00 # === REDIS BUG REPORT END. Make sure to include from START to END. ==="""

REDIS_26 = """\
[77] 12 Mar 10:00:00.123 #

=== REDIS BUG REPORT START: Cut & paste starting from here ===
[77] 12 Mar 10:00:00.123 #     Redis 2.6.14 crashed by signal: 11
[77] 12 Mar 10:00:00.123 #     Failed assertion: <no assertion failed> (<no file>:0)
[77] 12 Mar 10:00:00.123 # --- STACK TRACE
/usr/bin/redis-server(lookupKey+0x1a)[0x43e0fa]
/usr/bin/redis-server(main+0x33)[0x41d9a0]
[77] 12 Mar 10:00:00.123 # --- INFO OUTPUT
[77] 12 Mar 10:00:00.123 # # Server
redis_version:2.6.14
arch_bits:64

[77] 12 Mar 10:00:00.123 # --- REGISTERS
[77] 12 Mar 10:00:00.123 #
EAX:0000000a EBX:0000000b ECX:0000000c EDX:0000000d
EDI:0000000a ESI:0000000b EBP:0000000c ESP:bf0000d0
SS :0000007b EFL:00010246 EIP:0805a0b0 CS:00000073
DS :0000007b ES :0000007b FS :00000000 GS :00000033
[77] 12 Mar 10:00:00.123 # (bf0000d0) -> 0805a0b0
[77] 12 Mar 10:00:00.123 #
=== REDIS BUG REPORT END. Make sure to include from START to END. ==="""

KEYDB = f"""\
103:114:S 10 Nov 2020 15:17:39.137 # KeyDB 6.0.16 crashed by signal: 11
103:114:S 10 Nov 2020 15:17:39.139 # Accessing address: 0x8
------ STACK TRACE ------
EIP:
{FRAME}

Backtrace:
/usr/bin/keydb-server *:7001(f(int, char*)+0x4d) [0x55]"""

SENTINEL = f"""\
9:X 02 Jan 2024 10:00:00.000 # +sdown master mymaster 127.0.0.1 6379
=== VALKEY BUG REPORT START: Cut & paste starting from here ===
9:X 02 Jan 2024 10:00:00.123 # === ASSERTION FAILED ===
9:X 02 Jan 2024 10:00:00.123 # ==> sentinel.c:2034 'ri->link->refcount > 0' is not true

------ STACK TRACE ------

9 valkey-sentinel *
{FRAME}

1/1 expected stacktraces.

------ STACK TRACE DONE ------"""

WINDOWS = r"""[792] 24 Dec 03:45:27.490 # Redis version: 3.0.500
[792] 24 Dec 03:45:27.490 # --- EXCEPTION_STACK_OVERFLOW
[792] 24 Dec 03:45:27.492 # --- STACK TRACE
redis-server.exe!LogStackTrace(c:\release\redis\src\win32_interop\win32_stacktrace.cpp:95)(0x0f8, 0x73a)
redis-server.exe!lookupKey(c:\release\redis\src\db.c:48)(0x0f8, 0x73a)"""

TWO_THREADS = f"""\
7:M 02 Jan 2025 10:00:00.123 # === ASSERTION FAILED ===
7:M 02 Jan 2025 10:00:00.123 # ==> networking.c:2688 'c->io_last_written.data_len == 0' is not true

------ STACK TRACE ------
7:M 02 Jan 2025 10:00:00.124 # === RECURSIVE ASSERTION FAILED ===
7:M 02 Jan 2025 10:00:00.124 # ==> networking.c:2688 'c->io_last_written.data_len == 0' is not true

------ STACK TRACE ------

------ STACK TRACE DONE ------

9 io_thd_1 *
{FRAME}

=== VALKEY BUG REPORT END. Make sure to include from START to END. ==="""

MUSL_KILLED_IN_THE_MEMORY_TEST = """\
=== VALKEY BUG REPORT START: Cut & paste starting from here ===
1:M 02 Jan 2025 10:00:00.123 # valkey 8.1.0 crashed by signal: 11, si_code: 1
1:M 02 Jan 2025 10:00:00.123 # Accessing address: 0

------ INFO OUTPUT ------
# Server
valkey_version:8.1.0
server_name:valkey
os:Linux 6.1.0 aarch64

------ CLIENT LIST OUTPUT ------

------ FAST MEMORY TEST ------
1:M 02 Jan 2025 10:00:00.200 # Bio worker thread #0 terminated"""

MACOS = """\
7:M 02 Jan 2025 10:00:00.123 # Redis 7.0.3 crashed by signal: 10, si_code: 1
------ STACK TRACE ------
EIP:
0   redis-server                        0x0000000104c3a1d8 lookupKey + 112

Backtrace:
0   libsystem_platform.dylib            0x00000001a1b2c3d4 _sigtramp + 56
1   redis-server                        0x0000000104c3a1d8 lookupKey + 112

------ REGISTERS ------
7:M 02 Jan 2025 10:00:00.124 #
x0:0000000000000001 x1:0000000000000001 x2:0000000000000001 x3:0000000000000001
x28:0000000000000001 fp:0000000000000001 lr:0000000000000001
sp:0000000000000001 pc:0000000000000001 cpsr:80001000"""

MAIL_WRAPPED = """\
19068:M 02 Oct 09:58:52.293 # !!! Software Failure. Press left mouse button
to continue
19068:M 02 Oct 09:58:52.294 # Guru Meditation: "Redis aborting for OUT OF
MEMORY" #server.c:3829
19068:M 02 Oct 09:58:52.294 # (forcing SIGSEGV in order to print the stack
trace)
19068:M 02 Oct 09:58:52.295 # Redis 3.2.9 crashed by signal: 11"""

LEVEL_LETTER_ONLY = f"""\
=== REDIS BUG REPORT START: Cut & paste starting from here ===
# Redis 999.999.999 crashed by signal: 11
# Crashed running the instuction at: 0x7fceb6eb5af5
# Accessing address: 0x7fce9c400000
Backtrace:
{FRAME}
{FRAME[:-1]}"""

LIBBACKTRACE = """\
7:M 02 Jan 2026 10:00:00.123 # valkey 9.1.0 crashed by signal: 11, si_code: 1

------ STACK TRACE ------
EIP:
#0 0x571d1bc761a6 dictFind at dict.c:42

7 valkey-server *
#0 0x571d1bc761a6 dictHashKey at dict.c:12
#1 0x571d1bc761a6 dictFind at dict.c:42
#2 0x571d1bc77777 lookupKey at db.c:100"""

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("redis 2.2 signal", REDIS_22_SIGNAL, {"kind": Kind.SIGNAL, "version": "2.2.12", "frames": 3, "uptime": 99}),
    ("redis 2.2 assertion", REDIS_22_ASSERTION, {"kind": Kind.ASSERTION, "site": ("t_list.c", 91), "frames": 2}),
    ("redis 2.4", REDIS_24, {"version": "2.4.15", "clients": 2, "command": "get", "complete": True, "uptime": 4242}),
    ("redis 2.6 on i386", REDIS_26, {"version": "2.6.14", "arch": "i386", "frames": 2, "complete": True}),
    ("keydb", KEYDB, {"pid": 103, "tid": 114, "role": "replica", "product": "keydb", "frames": 1}),
    ("sentinel", SENTINEL, {"kind": Kind.ASSERTION, "role": "sentinel", "site": ("sentinel.c", 2034)}),
    (
        "windows",
        WINDOWS,
        {"kind": Kind.SIGNAL, "version": "3.0.500", "frames": 2, "message": "EXCEPTION_STACK_OVERFLOW"},
    ),
    ("two threads assert", TWO_THREADS, {"kind": Kind.ASSERTION, "site": ("networking.c", 2688)}),
    ("musl, killed in the memory test", MUSL_KILLED_IN_THE_MEMORY_TEST, {"arch": "aarch64", "complete": False}),
    ("macos", MACOS, {"signal": "SIGBUS", "arch": "aarch64", "frames": 2}),
    ("wrapped by a mailer", MAIL_WRAPPED, {"kind": Kind.OUT_OF_MEMORY, "site": ("server.c", 3829)}),
    ("prefixes lost but the level", LEVEL_LETTER_ONLY, {"kind": Kind.SIGNAL, "version": "999.999.999", "frames": 2}),
    ("libbacktrace", LIBBACKTRACE, {"frames": 3, "inlined": [True, None, None]}),
]


def said(incident: Incident) -> dict[str, Any]:
    failed = next((thread for thread in incident.threads or () if thread.crashed), None)
    return {
        "kind": incident.kind,
        "pid": incident.pid,
        "tid": incident.thread.tid if incident.thread else None,
        "role": incident.role,
        "product": incident.server.product,
        "version": incident.server.version,
        "arch": incident.server.arch,
        "uptime": incident.server.uptime_seconds,
        "site": (incident.site.file, incident.site.line) if incident.site else None,
        "signal": incident.signal.name if incident.signal else None,
        "message": incident.message,
        "frames": len(failed.frames) if failed else 0,
        "inlined": [frame.inlined for frame in failed.frames] if failed else [],
        "clients": incident.clients.count if incident.clients else None,
        "command": incident.current_command,
        "complete": incident.report.complete if incident.report else None,
    }


@pytest.mark.parametrize(("text", "facts"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_report_of_any_era_is_one_incident(text: str, facts: dict[str, Any], tmp_path: Path) -> None:
    (incident,) = written(tmp_path, text).incidents
    found = said(incident)
    assert {name: found[name] for name in facts} == facts


def test_a_stack_without_anything_around_it_is_an_incident(tmp_path: Path) -> None:
    lines = [
        "/lib/x86_64-linux-gnu/libc.so.6(clone+0x44)[0x7f00d5caee14]",
        "",
        "26 gc-0657",
        "/lib/x86_64-linux-gnu/libc.so.6(pthread_cond_wait+0x211)[0x7f00d5d140f1]",
        "",
        "9 redis-server *",
        "/opt/redis-stack/lib/redisearch.so(IR_SkipTo+0x1a6)[0x7f001147f5f6]",
    ]
    (incident,) = written(tmp_path, *lines).incidents
    assert incident.thread is not None
    assert (incident.thread.tid, incident.thread.name) == (9, "redis-server")


def test_info_without_its_marker_still_tells_the_server(tmp_path: Path) -> None:
    lines = ["redis_version:7.2.4", "server_name:valkey", "valkey_version:8.1.3", "os:Linux 6.1 x86_64", "hz:10"]
    (incident,) = written(tmp_path, *lines, "------ CLIENT LIST OUTPUT ------").incidents
    assert (incident.server.product, incident.server.version, incident.server.arch) == ("valkey", "8.1.3", "x86_64")

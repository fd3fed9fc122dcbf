"""The grammar of the crash report, line by line."""

import random

import pytest
from report_cases import raw_lines

from triage.logs.report_clients import read_clients
from triage.logs.report_lines import ReportLine, read_lines
from triage.logs.report_parts import ReportToken, read_parts
from triage.logs.report_registers import read_registers
from triage.logs.report_stack import read_threads

MARKERS = (
    "------ STACK TRACE ------",
    "------ REGISTERS ------",
    "------ INFO OUTPUT ------",
    "------ CLUSTER NODES OUTPUT ------",
    "------ CLIENT LIST OUTPUT ------",
    "------ CURRENT CLIENT INFO ------",
    "------ MODULES INFO OUTPUT ------",
    "------ CONFIG DEBUG OUTPUT ------",
    "------ FAST MEMORY TEST ------",
    "------ DUMPING CODE AROUND EIP ------",
    "------ SOMETHING NEW ------",
    "--- WATCHDOG TIMER EXPIRED ---",
    "=== VALKEY BUG REPORT START: Cut & paste starting from here ===",
)


def report_lines(*texts: str) -> list[ReportLine]:
    return [ReportLine(number, text, text) for number, text in enumerate(texts, 1)]


def second_token(*texts: str) -> ReportToken:
    return read_parts(report_lines(*texts))[0].tokens[1]


@pytest.mark.parametrize("marker", MARKERS)
def test_any_line_may_stand_in_any_section(marker: str) -> None:
    lines = {line.text for line in read_lines(raw_lines("lab2-10-v912-segfault-tls-cluster"))}
    lines |= {line.text for line in read_lines(raw_lines("lab-02-assert-redis60"))}
    for text in sorted(lines):
        parts = read_parts(report_lines(marker, text, "\x00torn", marker))
        assert sum(len(part.tokens) for part in parts) == 4, text


@pytest.mark.parametrize("seed", range(10))
def test_lines_in_any_order_are_parsed(seed: int) -> None:
    lines = read_lines(raw_lines("lab2-10-v912-segfault-tls-cluster"))
    random.Random(seed).shuffle(lines)
    assert sum(len(part.tokens) for part in read_parts(lines)) == len(lines)


FRAMES = [
    ("/usr/bin/valkey-server *:6379 [cluster](call+0x1a3) [0x5566]", "call", 0x1A3, "/usr/bin/valkey-server", 0x5566),
    ("/lib64/libc.so.6(+0x8837a)[0x7f848908837a]", None, 0x8837A, "/lib64/libc.so.6", 0x7F848908837A),
    ("src/valkey-server 127.0.0.1:24834() [0x4f9600]", None, None, "src/valkey-server", 0x4F9600),
    ("codis-server *:26380 [sentinel][0x4448f9]", None, None, "codis-server", 0x4448F9),
    ("[0x7fffffffe000]", None, None, None, 0x7FFFFFFFE000),
    ("./redis-server (test) *:1(main-0x10)[0x10]", "main", -0x10, "./redis-server", 0x10),
    ("/usr/bin/keydb-server *:7001(f(int, char*)+0x4d) [0x55]", "f(int, char*)", 0x4D, "/usr/bin/keydb-server", 0x55),
    (
        "0   redis-server                        0x0000000104c3a1d8 logStackTrace + 112",
        "logStackTrace",
        112,
        "redis-server",
        0x104C3A1D8,
    ),
    (
        "0x4d4f2c <sigsegvHandler+0x5c> at /usr/local/bin/redis-server",
        "sigsegvHandler",
        0x5C,
        "/usr/local/bin/redis-server",
        0x4D4F2C,
    ),
    ("/usr/bin/redis-server'call+0xc0 [0x4444]", "call", 0xC0, "/usr/bin/redis-server", 0x4444),
    ("#3 0x571d1bc761a6 call at server.c:3842", "call", None, None, 0x571D1BC761A6),
    ("#4 0x571d1bc76000 <unknown>", None, None, None, 0x571D1BC76000),
]


@pytest.mark.parametrize(("text", "function", "offset", "module", "address"), FRAMES)
def test_every_form_of_a_frame(
    text: str, function: str | None, offset: int | None, module: str | None, address: int
) -> None:
    threads = read_threads(read_parts(report_lines("------ STACK TRACE ------", "1 valkey-server *", text)))
    assert threads is not None
    frame = threads[0].frames[0]
    assert (frame.function, frame.offset, frame.module, frame.address) == (function, offset, module, address)


def test_libbacktrace_names_file_and_line() -> None:
    parts = read_parts(report_lines("------ STACK TRACE ------", "1 valkey-server *", FRAMES[10][0]))
    frame = (read_threads(parts) or ())[0].frames[0]
    assert (frame.file, frame.line) == ("server.c", 3842)


def test_threads_are_kept_apart_and_the_reporting_one_is_marked() -> None:
    lines = [
        "------ STACK TRACE ------",
        "EIP:",
        "x(f+0x1)[0x9]",
        "12 io_thd_1 *",
        "x(f+0x1)[0x9]",
        "11 valkey-server",
    ]
    threads = read_threads(read_parts(report_lines(*lines, "x(main+0x1)[0x8]", "2/2 expected stacktraces.")))
    assert [(t.tid, t.name, t.crashed, len(t.frames)) for t in threads or ()] == [
        (12, "io_thd_1", True, 1),
        (11, "valkey-server", False, 1),
    ]


def test_a_log_line_between_frames_ends_nothing() -> None:
    stack = (
        "------ STACK TRACE ------\nEIP:\nx(f+0x1)[0x9]\n\n1 valkey-server *\nx(f+0x1)[0x9]\nError accepting a client"
    )
    threads = read_threads(read_parts(report_lines(*stack.split("\n"), "x(main+0x1)[0x8]")))
    assert [frame.function for frame in (threads or ())[0].frames] == ["f", "main"]


@pytest.mark.parametrize(
    ("row", "registers"),
    [
        ("R8 :00000000ffffffff R9 :0000000000000000", {"R8": 0xFFFFFFFF, "R9": 0}),
        ("EAX:0000000a EBX:0000000b ECX:0000000c EDX:0000000d", {"EAX": 10, "EBX": 11, "ECX": 12, "EDX": 13}),
        ("X30:0000ffff12345678", {"X30": 0xFFFF12345678}),
        ("pstate:0000000080001000 fault_address:0000000000000018", {"pstate": 0x80001000, "fault_address": 0x18}),
        ("fp: 00000000beef0000 ip:0000000000000001", {"fp": 0xBEEF0000, "ip": 1}),
        ("CS :000000000000002b FS:0000000000000000  GS:0000000000000000", {"CS": 0x2B, "FS": 0, "GS": 0}),
    ],
)
def test_every_layout_of_registers(row: str, registers: dict[str, int]) -> None:
    assert read_registers(read_parts(report_lines("------ REGISTERS ------", row))) == registers


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "==> networking.c:2688 'c->name == 'x' || !strcmp(a, \"is not true\")' is not true",
            {"file": "networking.c", "line": "2688", "expression": "c->name == 'x' || !strcmp(a, \"is not true\")"},
        ),
        (
            "Guru Meditation: DEBUG PANIC called at Unix time 1 #debug.c:332",
            {"message": "DEBUG PANIC called at Unix time 1", "file": "debug.c", "line": "332"},
        ),
        (
            "valkey 8.1.0 crashed by signal: 11, si_code: -6",
            {"product": "valkey", "version": "8.1.0", "number": "11", "code": "-6"},
        ),
        ("    Redis 2.6.14 crashed by signal: 11", {"product": "Redis", "version": "2.6.14", "number": "11"}),
        ("Killed by PID: 1032, UID: 0", {"sender_pid": "1032", "sender_uid": "0"}),
    ],
)
def test_headlines_give_their_values(text: str, fields: dict[str, str]) -> None:
    assert read_parts(report_lines(text))[0].title.fields == fields


@pytest.mark.parametrize(
    ("marker", "line", "kind"),
    [
        ("------ INFO OUTPUT ------", "cmdstat_config|get:calls=2,usec=14,usec_per_call=7.00", "INFO_FIELD"),
        ("------ INFO OUTPUT ------", "# Cluster info", "INFO_SECTION"),
        ("------ CURRENT CLIENT INFO ------", "argv[1]: 8 bytes", "ARGV"),
        ("------ CURRENT CLIENT INFO ------", "argc: '2'", "ARGC"),
        ("------ CONFIG DEBUG OUTPUT ------", 'debug-context ""', "CONFIG_FIELD"),
        ("------ FAST MEMORY TEST ------", ".O.O.O.E", "DOTS"),
        ("------ FAST MEMORY TEST ------", "IO thread(tid:139634335524544) terminated", "THREAD_ENDED"),
        ("------ DUMPING CODE AROUND EIP ------", "------", "RECIPE_END"),
        ("------ STACK TRACE ------", "------ STACK TRACE DONE ------", "STACK_DONE"),
    ],
)
def test_lines_of_sections_are_known(marker: str, line: str, kind: str) -> None:
    assert second_token(marker, line).kind == kind


def test_a_hundred_thousand_clients_are_read() -> None:
    client = "id=7 addr=10.0.0.1:4242 laddr=10.0.0.2:6379 fd=8 name= age=3 idle=0 flags=N db=0 cmd=get user=me"
    clients = read_clients(read_parts(report_lines("------ CLIENT LIST OUTPUT ------", *[client] * 100_000)))
    assert clients is not None
    assert clients.count == 100_000

"""What each section of the HTML report tells of real crashes."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hostile import TEXTS, poisoned, tamed
from test_html_report import Page, words

from triage.model import (
    Analysis,
    Candidate,
    Connection,
    Event,
    EventKind,
    Frame,
    Hex,
    Incident,
    Instant,
    Kind,
    MemoryUse,
    ServerState,
    StateClient,
    Thread,
)
from triage.pipeline import analyze
from triage.render import render
from triage.render.abnormal import abnormal
from triage.render.stacks import failing_stack

FIXTURES = Path(__file__).parent.parent / "fixtures"


@cache
def read(log: str) -> Analysis:
    return analyze([str(FIXTURES / log)])


FLAGSHIP = "flagship-stock-verbose/server.log.zst"
SEGFAULT = "lab2-13-v801-segfault-tls-cluster/server.log"
CRASHES = "lab2-60-v801-three-crashes-one-log/server.log"
FAILOVER = "lab2-53-v912-neg-cluster-failover/server.log"
FACTS = [
    (FLAGSHIP, "The last minute, by the second"),
    (FLAGSHIP, "3 events marked"),
    (FLAGSHIP, "Unlikely to have played a part A forked child at work at the failure No child was running."),
    (FLAGSHIP, "5 questions that this input cannot answer"),
    (FLAGSHIP, "None of the figures is out of the ordinary."),
    (SEGFAULT, "‘mov byte ptr [rax], 0x78’ wrote 1 byte at [rax], that is 0x7fd5418ed000"),
    (SEGFAULT, "0x556781a50247 mov byte ptr [rax], 0x78 failed here"),
    (SEGFAULT, "DestAv: The failing instruction wrote to an address that it must not write"),
    (SEGFAULT, "Decoded from the bytes in line 510"),
    (SEGFAULT, "May have played a part What the fault's address says"),
    (SEGFAULT, "Quality of the stack behind it 71 %"),
    (SEGFAULT, "Registers (19)"),
    (CRASHES, "3 incidents"),
    (FAILOVER, "failover 11:14:09.431"),
]


@pytest.mark.parametrize(("log", "fact"), FACTS)
def test_the_page_tells(log: str, fact: str) -> None:
    assert fact in words(render(read(log), "html"))


def test_events_are_the_rare_lines_in_the_order_of_time() -> None:
    timeline = read(FAILOVER).timeline
    assert timeline is not None
    kinds = [event.kind for event in timeline.events]
    assert kinds[:4] == [EventKind.START, EventKind.SYNC, EventKind.FAILOVER, EventKind.FAILOVER]
    assert EventKind.CHANGE not in kinds  # modules unloaded at the shutdown belong to it
    assert list(timeline.events) == sorted(timeline.events, key=lambda event: event.time)


def test_the_last_minute_counts_the_same_lines_as_the_whole_log() -> None:
    incident, whole = read(FLAGSHIP).incidents[0], read(FLAGSHIP).timeline
    assert incident.close_up is not None
    assert whole is not None
    assert whole.bucket_seconds == incident.close_up.bucket_seconds == 1
    shift = (incident.close_up.start.wall_ms - whole.start.wall_ms) // 1000
    near = {series.id: series.points for series in incident.close_up.series}
    for series in whole.series:
        told = series.points[shift : shift + 61]
        assert near[series.id][: len(told)] == told, series.id


def test_a_short_log_has_no_close_up_beside_it() -> None:
    assert "The last minute" not in words(render(read(SEGFAULT), "html"))


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize("log", [SEGFAULT, FLAGSHIP])
def test_hostile_text_in_every_field_of_a_real_analysis_makes_no_markup(name: str, log: str) -> None:
    text = TEXTS[name]
    hostile = Page(render(poisoned(read(log), lambda _: text), "html"))
    harmless = Page(render(poisoned(read(log), lambda _: tamed(text)), "html"))
    assert hostile.skeleton() == harmless.skeleton()


FIGURES = [
    ({"used_memory": 95, "maxmemory": 100, "maxmemory_policy": "noeviction"}, "95 % of maxmemory and evicts nothing"),
    ({"used_memory": 50, "maxmemory": 100}, None),
    ({"used_memory": 99, "maxmemory": 0}, None),
    ({"used_memory_rss": 91, "total_system_memory": 100}, "91 % of the machine's memory"),
    ({"mem_fragmentation_ratio": 2.5, "used_memory": 1 << 30}, "2.5 times"),
    ({"mem_fragmentation_ratio": 9.0, "used_memory": 1 << 20}, None),
    ({"mem_fragmentation_ratio": 0.5, "used_memory": 1 << 30}, "swapped out"),
    ({"connected_clients": 9_990, "maxclients": 10_000}, "9,990 of at most 10,000 clients"),
    ({"rejected_connections": 1}, "1 connection over maxclients was rejected"),
    ({"evicted_keys": 1200}, "1,200 keys were evicted"),
    ({"rdb_last_bgsave_status": "err"}, "The last RDB save failed"),
    ({"aof_last_write_status": "ok"}, None),
    ({"master_link_status": "down"}, "The link to the primary is down"),
    ({"loading": 1}, "still being loaded"),
    ({"aof_delayed_fsync": 3}, "3 fsyncs of the append-only file were late"),
    ({"blocked_clients": 8, "connected_clients": 10}, "8 clients of 10 waited"),
    ({"maxmemory": "redacted", "used_memory": 5}, None),
]


@pytest.mark.parametrize(("figures", "told"), FIGURES)
def test_abnormal_figures_are_put_into_words(figures: dict[str, int | float | str], told: str | None) -> None:
    sentences = abnormal(Incident(Kind.PANIC, info={"Anything": figures}))
    assert len(sentences) == (1 if told else 0)
    assert told is None or told in sentences[0]


def test_without_info_nothing_is_called_abnormal() -> None:
    assert abnormal(Incident(Kind.PANIC)) == []


def test_frames_of_a_core_show_file_line_and_how_they_were_found() -> None:
    frame = Frame(0, "f", file="tls.c", line=7, inlined=True, source="core", trust="cfi")
    stack = failing_stack(Incident(Kind.SIGNAL, threads=(Thread(1, "main", True, (frame,)),)), 9)
    assert stack is not None
    row = stack.rows[0]
    assert (row.source, row.inlined, row.origin) == ("tls.c:7", True, "core, found by cfi")


def test_candidates_that_lost_are_named() -> None:
    incident = read(SEGFAULT).incidents[0]
    verdict = replace(incident.verdict, candidates=(Candidate("valkey-io/valkey#1", 0.2),))
    told = words(render(replace(read(SEGFAULT), incidents=(replace(incident, verdict=verdict),)), "html"))
    assert re.search(r"Other candidates .* valkey-io/valkey#1 20 %", told)


def test_so_many_events_are_cut_and_counted() -> None:
    analysis = read(FAILOVER)
    assert analysis.timeline is not None
    event = analysis.timeline.events[0]
    many = tuple(replace(event, time=Instant(event.time.wall_ms + n)) for n in range(5000))
    assert all(isinstance(event, Event) for event in many)
    html = render(replace(analysis, timeline=replace(analysis.timeline, events=many)), "html")
    assert len(html.encode()) < 500_000
    assert "earlier events left out" in words(html)


def test_the_state_that_a_core_holds_is_told_with_the_client_on_the_stack_first() -> None:
    connection = Connection(Hex(0x2000), type="tls", state="ACCEPTING", tls_flag_names=("READ_WANT_WRITE",))
    clients = (
        StateClient(Hex(0x1000), {"id": 7, "addr": "10.0.0.1:5"}),
        StateClient(Hex(0x1100), {"id": 8, "cmd": "get"}, connection=connection, on_stack=2),
    )
    state = ServerState("core.4711", status={"hz": 10}, clients=clients, broken=("the list of slots ends early",))
    uses = (MemoryUse("anonymous", 12, 3 << 20, 1 << 20),)
    incident = replace(read(SEGFAULT).incidents[0], state=state, memory_map=uses)
    html = render(replace(read(SEGFAULT), incidents=(incident,)), "html")
    rows = re.findall(r"<tr>\s*(.*?)</tr>", html[html.index("Clients in memory") :], re.DOTALL)
    told = [re.sub(r"<[^>]*>|\s+", " ", row).split() for row in rows]
    assert told[1] == ["8", "get", "tls", "ACCEPTING", "READ_WANT_WRITE", "#2"]
    assert told[2] == ["7", "10.0.0.1:5"]
    assert ["anonymous", "12", "3.0", "MiB", "1.0", "MiB"] in told
    assert "the list of slots ends early" in words(html)
    assert "Read from core.4711" in words(html)

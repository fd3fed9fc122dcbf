"""Properties that hold for logs damaged in any way: nothing raises, and what is left whole is still told."""

import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.logs.incidents import LogFacts, coverage, read_incidents
from triage.logs.scan import scan
from triage.pipeline import analyze
from triage.render import render

sys.path.insert(0, str(Path(__file__).parent.parent / "fuzz"))
from seeds import DAMAGES, FIXTURES

MOST_HTML = 500_000
WHOLE = (
    "lab-02-assert-redis60",
    "lab-02-panic-redis50",
    "lab-03-oom-abort-ulimit-v",
    "lab2-30-v811-logfmt-legacy-segfault",
    "lab2-52-v912-neg-load-rdb-short",
    "lab2-54-v811-neg-watchdog",
)
LOGS = {case: (FIXTURES / case / "server.log").read_bytes() for case in WHOLE}
steady = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Log:
    data: bytes
    name: str = "server.log"
    size: int = 1 << 20

    def blocks(self) -> Iterator[bytes]:
        yield from (self.data[at : at + self.size] for at in range(0, len(self.data), self.size))


def facts_of(data: bytes) -> LogFacts:
    found = scan(Log(data))
    facts = read_incidents(found)
    told = coverage(found, facts)
    assert told.recognised + told.unrecognised == told.lines
    assert told.recognised >= 0
    return facts


def told(data: bytes) -> list[tuple[str, int | None]]:
    return [(incident.kind.value, incident.pid) for incident in facts_of(data).incidents]


@steady
@given(st.sampled_from(WHOLE), st.sampled_from(WHOLE), st.sampled_from(DAMAGES), st.integers(0, 1 << 32))
def test_a_damaged_log_is_read_without_an_error(one: str, other: str, damage: object, seed: int) -> None:
    assert callable(damage)
    lines = damage(LOGS[one].split(b"\n"), LOGS[other].split(b"\n"), random.Random(seed))
    facts_of(b"\n".join(lines))


garbage = st.lists(st.binary(max_size=120).map(lambda line: line.replace(b"\n", b" ")), max_size=60).map(
    lambda lines: b"".join(line + b"\n" for line in lines)
)


@steady
@given(st.sampled_from(WHOLE), garbage, garbage)
def test_garbage_before_and_behind_a_log_hides_none_of_its_incidents(case: str, before: bytes, behind: bytes) -> None:
    log = LOGS[case].rstrip(b"\n") + b"\n"
    assert told(before + log + behind) == told(log)


HEALTHY = (FIXTURES / "lab2-50-r806-neg-sigterm-normal" / "server.log").read_bytes().split(b"\n")[:-1]
"""Lines of a neighbour that lives on."""
half_a_log = st.tuples(st.sampled_from(WHOLE), st.floats(0, 1)).map(
    lambda part: LOGS[part[0]][: int(part[1] * len(LOGS[part[0]]))] + b"\n"
)
other_half = st.tuples(st.sampled_from(WHOLE), st.floats(0, 1)).map(
    lambda part: LOGS[part[0]][int(part[1] * len(LOGS[part[0]])) :].rstrip(b"\n") + b"\n"
)
endless = st.tuples(
    st.sampled_from([b"x", b"\0", b" ", b"1:M ", b"\xff", b"[0x1]", b"id=1 "]), st.integers(1, 400_000)
).map(lambda line: line[0] * line[1] + b"\n")
anything = st.one_of(garbage, half_a_log, other_half, endless, st.just(b"\n".join(HEALTHY) + b"\n"))


@steady
@given(st.sampled_from(WHOLE), anything, anything)
def test_what_stands_around_a_log_hides_none_of_its_incidents(case: str, before: bytes, behind: bytes) -> None:
    log = LOGS[case].rstrip(b"\n") + b"\n"
    assert set(told(log)) <= set(told(before + log + behind))


@steady
@given(st.sampled_from(WHOLE), st.floats(0, 1))
def test_a_log_that_was_cut_after_its_report_began_tells_of_the_same_end(case: str, part: float) -> None:
    log = LOGS[case]
    begin = log.find(b"STACK TRACE")
    found = told(log[: begin + len(b"STACK TRACE ------\n") + int(part * (len(log) - begin))])
    if begin >= 0:
        assert set(told(log)) <= set(found)


@steady
@given(st.sampled_from(WHOLE), st.integers(0, 1 << 32), st.integers(1, 40))
def test_lines_of_a_neighbour_in_the_midst_of_a_report_do_not_hide_it(case: str, seed: int, number: int) -> None:
    lines, chance = LOGS[case].rstrip(b"\n").split(b"\n"), random.Random(seed)
    for _ in range(number):
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(HEALTHY))
    assert set(told(LOGS[case])) <= set(told(b"\n".join(lines) + b"\n"))


@steady
@given(st.sampled_from(WHOLE), st.sampled_from(WHOLE))
def test_logs_put_one_behind_the_other_tell_the_incidents_of_both(one: str, other: str) -> None:
    first, second = (LOGS[case].rstrip(b"\n") + b"\n" for case in (one, other))
    assert set(told(first)) | set(told(second)) <= set(told(first + second))


@steady
@given(st.binary(max_size=4000))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert told(data) == []


# Found by fuzzing the scan: the end of a report's settings, and a line that a thread of the dying server writes.
TORN_SETTINGS = b"""lazyfree-lazy-user-del yes
io-threads 2
slave-read-only yes

------ FAST MEMORY TEST ------
20214:M 22 Nov 2026 10:45:18.151 # Bio worker thread #0 terminated"""


@pytest.mark.parametrize("size", [1, 17, 4096])
def test_the_pieces_a_log_comes_in_make_no_difference(size: int) -> None:
    for data in (TORN_SETTINGS, *LOGS.values()):
        pieces = read_incidents(scan(Log(data, size=size)))
        assert [(incident.kind, incident.pid) for incident in pieces.incidents] == [
            (incident.kind, incident.pid) for incident in facts_of(data).incidents
        ]


@settings(steady, max_examples=12)
@given(st.sampled_from(WHOLE), st.sampled_from(WHOLE), st.sampled_from(DAMAGES), st.integers(0, 1 << 32))
def test_the_page_about_a_damaged_log_stays_small(one: str, other: str, damage: object, seed: int) -> None:
    assert callable(damage)
    lines = damage(LOGS[one].split(b"\n"), LOGS[other].split(b"\n"), random.Random(seed))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "server.log"
        path.write_bytes(LOGS[one].rstrip(b"\n") + b"\n" + b"\n".join(lines))
        page = render(analyze([str(path)]), "html")
    assert len(page.encode()) <= MOST_HTML


def test_starts_whose_lines_alternate_are_compared_in_the_order_of_their_versions(tmp_path: Path) -> None:
    start = b"%d:C 22 Nov 2026 10:00:00.000 * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n"
    states = b"%d:C 22 Nov 2026 10:00:00.100 * Redis version=%s, bits=64, commit=0, pid=%d, just started\n"
    head = start % 7 + start % 9 + states % (9, b"5.0.14", 9) + states % (7, b"6.0.16", 7)
    path = tmp_path / "server.log"
    path.write_bytes(head + LOGS["lab-02-assert-redis60"])
    (incident,) = [found for found in analyze([str(path)]).incidents if found.kind.value == "assertion"]
    assert "rolling-upgrade" in {finding.id for finding in incident.findings}

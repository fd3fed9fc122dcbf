"""Properties that hold for logs damaged in any way: nothing raises, and what is left whole is still told."""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.logs.incidents import LogFacts, coverage, read_incidents
from triage.logs.scan import scan

sys.path.insert(0, str(Path(__file__).parent.parent / "fuzz"))
from seeds import DAMAGES, FIXTURES

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

    def blocks(self) -> Iterator[bytes]:
        yield self.data


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


@steady
@given(st.sampled_from(WHOLE), st.sampled_from(WHOLE))
def test_logs_put_one_behind_the_other_tell_the_incidents_of_both(one: str, other: str) -> None:
    first, second = (LOGS[case].rstrip(b"\n") + b"\n" for case in (one, other))
    assert set(told(first)) | set(told(second)) <= set(told(first + second))


@steady
@given(st.binary(max_size=4000))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert told(data) == []

"""Crash reports that were cut, torn or are no reports: what is there is read, nothing raises."""

import random

import pytest
from report_cases import incidents_of, raw_lines

from triage.model import Kind, RawLine

REPORT = "lab-02-segfault-redis62"
LINES = raw_lines(REPORT)
FIRST = next(line.line for line in LINES if "crashed by signal" in line.text)


@pytest.mark.parametrize("length", range(FIRST, len(LINES), 23))
def test_a_report_that_ends_early_is_read_up_to_there(length: int) -> None:
    (incident,) = incidents_of(LINES[:length])
    assert (incident.kind, incident.pid) == (Kind.SIGNAL, incidents_of(LINES)[0].pid)
    assert incident.report is not None
    missing = {section.section for section in incident.report.missing}
    assert incident.report.complete == ("END" not in missing)
    assert not missing & set(incident.report.sections)


@pytest.mark.parametrize("seed", range(10))
def test_torn_lines_do_not_stop_the_parse(seed: int) -> None:
    chance = random.Random(seed)
    torn = []
    for line in LINES:
        text = line.text
        if chance.random() < 0.2:
            text = text[: chance.randrange(len(text) + 1)] + chance.choice(["", "\x00\x00", "\\xff", LINES[30].text])
        torn.append(RawLine(line.line, text))
    incidents = incidents_of(tuple(torn))
    assert len(incidents) <= 2


@pytest.mark.parametrize(
    "text",
    [
        f"==> x.c:{'9' * 5000} 'a' is not true",
        f"Redis 6.2.6 crashed by signal: {'1' * 5000}, si_code: 1",
        f"1:signal-handler (999999999999) Crashed running signal handler. Providing reduced v\n{'7' * 5000} x *",
        "Accessing address: 0xzz",
        "=== REDIS BUG REPORT START: Cut & paste starting from here ===",
        "------ CLIENT LIST OUTPUT ------\nid=1 addr= age=" + "9" * 5000,
        "------ INFO OUTPUT ------\nuptime_in_seconds:" + "9" * 5000,
    ],
)
def test_absurd_values_do_not_raise(text: str) -> None:
    lines = ["=== REDIS BUG REPORT START: Cut & paste starting from here ===", *text.split("\n")]
    incidents = incidents_of(tuple(RawLine(number, line) for number, line in enumerate(lines, 1)))
    assert all(incident.pid is None or incident.pid < 1 << 34 for incident in incidents)


def test_an_end_mark_in_user_data_does_not_end_the_report() -> None:
    (incident,) = incidents_of(raw_lines("lab-05-binary-and-secret-args"))
    assert incident.report is not None
    assert incident.report.sections[-1] == "DUMPING CODE AROUND EIP"


def test_lines_of_another_process_are_no_part_of_the_report() -> None:
    other = "4242:M 22 Nov 2026 10:52:01.971 # ==> other.c:1 'x' is not true"
    mixed = [*LINES[: FIRST + 2], RawLine(9000, other), *LINES[FIRST + 2 :]]
    (incident,) = incidents_of(tuple(mixed))
    assert (incident.kind, incident.site) == (Kind.SIGNAL, None)
    assert incident.report is not None
    assert incident.report.complete


def test_two_threads_that_assert_are_one_incident_blamed_on_the_first() -> None:
    prefix = "9:M 22 Nov 2026 10:00:00.000 # "
    texts = [
        "=== VALKEY BUG REPORT START: Cut & paste starting from here ===",
        prefix + "=== ASSERTION FAILED ===",
        prefix + "==> networking.c:2688 'first' is not true",
        "",
        "------ STACK TRACE ------",
        prefix + "=== RECURSIVE ASSERTION FAILED ===",
        prefix + "==> networking.c:2711 'second' is not true",
        "",
        "------ STACK TRACE ------",
        "",
        "------ STACK TRACE DONE ------",
        "=== VALKEY BUG REPORT END. Make sure to include from START to END. ===",
    ]
    (incident,) = incidents_of(tuple(RawLine(number, text) for number, text in enumerate(texts, 1)))
    assert incident.site is not None
    assert (incident.site.line, incident.site.expression) == (2688, "first")
    assert incident.report is not None
    assert incident.report.nested

"""How much of a log is known: lines by their prefix, warnings by what they say, the rest by its shapes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from expectations import fixtures
from log_facts import log_at, scan_of

from triage.intake import open_inputs
from triage.logs.incidents import coverage, read_incidents
from triage.logs.line_shapes import MOST_SHAPES
from triage.logs.message_forms import GAP, Form, message_forms
from triage.logs.scan import scan
from triage.logs.scanned import LogScan
from triage.model import Coverage, LineShape

HEALTHY = [case for case in fixtures() if case.expect.get("incidents") == []]


def scans() -> Iterator[LogScan]:
    for case in HEALTHY:
        for path in case.inputs:
            yield from (scan(source) for source in open_inputs([str(path)]) if source.kind == "log")


def covered(folder: Path, *lines: str) -> Coverage:
    found = scan_of(log_at(folder, *lines))
    return coverage(found, read_incidents(found))


def test_nearly_all_lines_of_healthy_logs_are_known_by_level_and_prefix() -> None:
    told = [coverage(found, read_incidents(found)) for found in scans()]
    lines, recognised = sum(part.lines for part in told), sum(part.recognised for part in told)
    assert lines > 200
    assert recognised >= 0.995 * lines


def test_nearly_all_warnings_of_healthy_logs_have_a_known_form() -> None:
    warnings = [found.coverage.warnings for found in scans() if found.coverage.warnings]
    lines, known = sum(part.lines for part in warnings), sum(part.known for part in warnings)
    assert lines > 100
    assert known >= 0.95 * lines


@pytest.mark.parametrize(
    ("message", "category"),
    [
        ("Failed to configure TLS. Check logs for more info.", "tls"),
        ("Your current 'ulimit -n' of 64 is not enough for the server to start. Please increase your open file limit "
         "to at least 10032. Exiting.", "accept"),
        ("Cluster state changed: fail", "cluster"),
        ("Connection with replica 127.0.0.1:7001 lost.", "replication"),
        ("MISCONF Errors writing to the AOF file: No space left on device", None),
        ("Error writing to the AOF file: No space left on device", "persistence"),
        ("Out Of Memory allocating 12 bytes!", "memory"),
        ("<search> loading module", "module"),
        ("Can't save in background: fork: Cannot allocate memory", "fork"),
        ("Possible SECURITY ATTACK detected. It looks like somebody is sending POST", None),
        ("+sdown master mymaster 127.0.0.1 6379", "sentinel"),
        ("Redis is now ready to exit, bye bye...", "shutdown"),
        ("KeyDB is now ready to exit, bye bye...", "shutdown"),
        ("What nobody ever said", None),
    ],
)  # fmt: skip
def test_a_message_has_the_category_of_its_form(message: str, category: str | None) -> None:
    form = message_forms().find(message)
    assert (form.category if form else None) == category


def test_a_form_is_literal_text_in_order() -> None:
    form = Form("tls", tuple(f"Accept {GAP} (addr={GAP} laddr={GAP})".split(GAP)))
    assert form.fits("Accept x (addr=1 laddr=2)")
    assert form.fits("Accept  (addr= laddr=)")
    assert not form.fits("Accept x (laddr=2 addr=1)")
    assert not form.fits("Accept x (addr=1 laddr=2) ")
    assert form.fits("Accept " + "x" * 1023)


def warning(text: str) -> str:
    return f"1:M 30 Jan 2025 10:05:00.000 # {text}"


def test_unknown_warnings_are_told_once_per_shape_with_their_number(tmp_path: Path) -> None:
    lines = [warning("Cluster state changed: ok"), *[warning(f"A new thing in slot {n}") for n in range(7)]]
    told = covered(tmp_path, *lines).warnings
    assert told is not None
    assert (told.lines, told.known, told.categories) == (8, 1, {"cluster": 1})
    assert told.unknown == (LineShape(2, "A new thing in slot 0", 7),)


def test_unrecognised_lines_are_told_once_per_shape_with_their_number(tmp_path: Path) -> None:
    told = covered(tmp_path, warning("ok"), "some text 1", "some text 22", "other text")
    assert told.unrecognised == 3
    assert told.shapes == (LineShape(2, "some text 1", 2), LineShape(4, "other text", 1))


def test_the_shapes_that_are_kept_are_few_however_strange_the_log(tmp_path: Path) -> None:
    letters = [f"{chr(97 + a)}{chr(97 + b)} text" for a in range(20) for b in range(20)]
    told = covered(tmp_path, warning("ok"), *letters)
    assert told.unrecognised == 400
    assert len(told.shapes) == MOST_SHAPES

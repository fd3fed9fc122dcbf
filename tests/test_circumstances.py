"""The questions about the circumstances, asked of real logs and of the same logs with one thing changed."""

from dataclasses import replace

import pytest
from correlate_case import changed, crash_of, log_lines, scanned

from triage.correlate.questions import ask
from triage.logs.incidents import read_incidents
from triage.model import Outcome
from triage.signature import duty_of, sign

STOCK = "flagship-stock-verbose"
SEGFAULT = "lab2-13-v801-segfault-tls-cluster"
SENT = "lab-03-extkill-sigsegv-v801"
YES, NO, OPEN, UNANSWERABLE = Outcome.SUPPORTS, Outcome.CONTRADICTS, Outcome.NEUTRAL, Outcome.NOT_APPLICABLE


def answers(lines, folder, which=-1):
    log = scanned(lines, folder)
    incidents = [replace(i, signature=sign(i)) for i in read_incidents(log).incidents]
    found = ask(incidents, len(incidents) + which, log, 8, duty_of)
    return {finding.id: finding for finding in found}


@pytest.mark.parametrize(
    ("case", "question", "outcome", "words"),
    [
        (STOCK, "weak-memory-order", NO, "x86_64 keeps the order of stores"),
        (STOCK, "child-process", NO, "No child was running"),
        (STOCK, "replication-activity", NO, "No synchronisation"),
        (STOCK, "failover-activity", NO, "No failover was running"),
        (STOCK, "memory-pressure", NO, "20 MiB were used, 256 MiB were allowed"),
        (STOCK, "memory-hardware", NO, "The fast memory test passed"),
        (STOCK, "module-frames", NO, "No frame is of a module"),
        (STOCK, "other-threads", NO, "All 6 other threads were waiting"),
        (STOCK, "fault-address", UNANSWERABLE, "by its own decision"),
        (STOCK, "running-command", UNANSWERABLE, "names no client"),
        (STOCK, "rolling-upgrade", UNANSWERABLE, "at most one start"),
        (SEGFAULT, "running-command", YES, "DEBUG was running (argc 2)"),
        (SEGFAULT, "fault-address", YES, "mapped, but not for this kind of access"),
        (SENT, "fault-address", NO, "sent by process 4385"),
        ("lab-04-iothread-nullderef", "fault-address", YES, "NULL plus 0x18"),
        ("lab-04-iothread-nullderef", "module-frames", YES, "of shim.so, the innermost at #1"),
        ("lab-04-iothread-nullderef", "other-threads", YES, "valkey-server in beforeSleep"),
        ("lab2-03-v811-child-rdb-segv", "child-process", YES, "itself a forked child"),
        ("lab-03-oom-abort-ulimit-v", "memory-pressure", YES, "an allocation failed"),
        ("lab2-54-v811-neg-watchdog", "blocked-time", YES, "caught the server blocked"),
        ("lab2-60-v801-three-crashes-one-log", "process-history", YES, "A crash loop: it is failure 3"),
        ("lab2-40-v801-replica-crash-tls", "replication-activity", NO, "had finished"),
    ],
)
def test_answers_of_real_crashes(tmp_path, case, question, outcome, words):
    finding = answers(log_lines(case), tmp_path)[question]
    assert (finding.outcome, words in finding.summary) == (outcome, True), finding.summary


def replaced(case, old, new):
    """The lines of a real log with one text changed, which must be there."""
    assert any(old in line for line in log_lines(case))
    return changed(case, lambda line: line.replace(old, new))


@pytest.mark.parametrize(
    ("case", "old", "new", "question", "outcome", "words"),
    [
        (STOCK, "x86_64", "aarch64", "weak-memory-order", YES, "aarch64 reorders stores, and 4 I/O threads"),
        (STOCK, "io-threads 4", "io-threads 1", "weak-memory-order", NO, "nobody to race with"),
        (
            STOCK,
            "rdb_bgsave_in_progress:0",
            "rdb_bgsave_in_progress:1",
            "child-process",
            YES,
            "A save (RDB) was running",
        ),
        (STOCK, "state=online", "state=wait_bgsave", "replication-activity", YES, "1 of the replicas was being"),
        (STOCK, "state:no-failover", "state:failover-in-progress", "failover-activity", YES, "failover-in-progress"),
        (STOCK, "maxmemory:268435456", "maxmemory:21000000", "memory-pressure", YES, "maxmemory allows were used"),
        (
            STOCK,
            "total_system_memory:25274793984",
            "total_system_memory:40000000",
            "memory-pressure",
            YES,
            "machine's",
        ),
        (STOCK, "Fast memory test PASSED", "!!! MEMORY ERROR DETECTED", "memory-hardware", YES, "found an error"),
        (STOCK, "per_sec:4875", "per_sec:75", "throughput", YES, "all but stopped"),
        (STOCK, "per_sec:4875", "per_sec:48750", "throughput", YES, "at a peak"),
        (SEGFAULT, "si_code: 2", "si_code: 128", "fault-address", YES, "it was not NULL"),
    ],
)
def test_one_changed_fact_changes_the_answer(tmp_path, case, old, new, question, outcome, words):
    finding = answers(replaced(case, old, new), tmp_path)[question]
    assert (finding.outcome, words in finding.summary) == (outcome, True), finding.summary


BEFORE = "16773:M 22 Nov 2026 11:28:20.000 "


@pytest.mark.parametrize(
    ("line", "question", "words"),
    [
        ("* TLS materials reloaded successfully", "configuration-change", "logged 8.36 s before the failure"),
        ("# Failover election won: I'm the new primary.", "failover-activity", "A failover is logged 8.36 s before"),
        ("# Cluster state changed: fail", "failover-activity", "Trouble is logged 8.36 s before"),
        (
            "# Can't save in background: fork: Cannot allocate memory",
            "child-process",
            "Forking a child failed once",
        ),
        ("# Can't save in background: fork: Cannot allocate memory", "memory-pressure", "refused a fork"),
        (
            "# Slow script detected: still in execution after 5003 milliseconds.",
            "blocked-time",
            "a slow disk or script",
        ),
        (
            "# Client id=3 scheduled to be closed ASAP for overcoming of output buffer limits.",
            "output-buffers",
            "closed",
        ),
        (
            "* Slot migration initiated through CLUSTER MIGRATESLOTS command: x",
            "replication-activity",
            "had been under way for 8.36 s",
        ),
    ],
)
def test_a_line_shortly_before_the_failure_is_found_and_quoted(tmp_path, line, question, words):
    lines = list(log_lines(STOCK))
    at = next(index for index, text in enumerate(lines) if text.startswith("16773:M 22 Nov 2026 11:28:20."))
    lines.insert(at, BEFORE + line)
    finding = answers(lines, tmp_path)[question]
    assert finding.outcome is YES
    assert words in finding.summary
    assert BEFORE + line in [evidence.text for evidence in finding.evidence]


def test_every_answer_quotes_lines_that_stand_in_the_log(tmp_path):
    lines = log_lines(STOCK)
    for finding in answers(lines, tmp_path).values():
        for evidence in finding.evidence:
            assert lines[evidence.line - 1].rstrip("\r") == evidence.text.rstrip("\r"), finding.id


def test_the_log_of_an_upgrade_tells_its_versions(tmp_path):
    finding = answers(log_lines("lab2-61-downgrade-9.1.2-to-8.1.1-and-8.0.1-rdb"), tmp_path)["rolling-upgrade"]
    assert finding.outcome is YES
    assert finding.data["versions"][0] == "9.1.2"


def test_a_crash_without_anything_else_is_met_with_unanswered_questions(tmp_path):
    incident, _ = crash_of(log_lines("lab-06-first-line-only"), tmp_path)
    found = answers(log_lines("lab-06-first-line-only"), tmp_path)
    assert incident.info is None
    assert found["memory-pressure"].outcome is UNANSWERABLE
    assert found["throughput"].outcome is UNANSWERABLE

"""Every knowledge file holds what it claims on its own samples, and the real flagship log moves with its facts."""

from pathlib import Path

import pytest
import zstandard

from triage.knowledge import judge, load_issues
from triage.knowledge.issue import KnownIssue, Sample
from triage.logs.report import read_region
from triage.logs.scanned import Region
from triage.model import FixedStatus, Incident, RawLine, Status, Verdict
from triage.signature import sign

ROOT = Path(__file__).parent.parent
LEAD_IN = 60
FLAGSHIP = "fixtures/flagship-stock-verbose/server.log.zst"
ISSUES = load_issues()
SAMPLES = [
    pytest.param(issue, sample, id=f"{issue.id}-{n}") for issue in ISSUES for n, sample in enumerate(issue.samples)
]


def read_text(path: str) -> str:
    data = ROOT.joinpath(path).read_bytes()
    if path.endswith(".zst"):
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return data.decode(errors="backslashreplace")


def incidents_of(text: str) -> list[Incident]:
    lines = [RawLine(number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1)]
    start = next((n for n, raw in enumerate(lines) if "BUG REPORT START" in raw.text), len(lines))
    region = Region(tuple(lines[max(0, start - LEAD_IN) :]))
    return [incident for incident, _ in read_region(region, "server.log", ()) if incident is not None]


def verdict_of(text: str) -> Verdict:
    [incident] = incidents_of(text)
    return judge(incident, (), sign(incident), ISSUES)


@pytest.mark.parametrize(("issue", "sample"), SAMPLES)
def test_sample_gets_the_verdict_that_its_entry_claims(issue: KnownIssue, sample: Sample) -> None:
    text = sample.log if sample.log is not None else read_text(sample.path or "")
    incidents = incidents_of(text)
    verdicts = [judge(incident, (), sign(incident), ISSUES) for incident in incidents]
    named = [str(v.status) for v in verdicts if v.issue == issue.id]
    considered = any(candidate.issue == issue.id for v in verdicts for candidate in v.candidates)
    assert named == ([sample.expect] if sample.expect in ("known", "suspected") else [])
    assert considered or sample.expect == "other"


@pytest.mark.parametrize("issue", ISSUES, ids=lambda issue: issue.id)
def test_entry_has_positive_and_negative_samples(issue: KnownIssue) -> None:
    expects = {sample.expect for sample in issue.samples}
    assert "other" in expects
    assert expects & {"known", "suspected", "candidate"}
    assert issue.references


EDITS = [
    ("as it is", [], Status.KNOWN, FixedStatus.FIXED_LATER),
    ("8.1.1", [("valkey_version:8.1.0", "valkey_version:8.1.1")], Status.UNKNOWN, FixedStatus.REGRESSION),
    ("8.0.2", [("valkey_version:8.1.0", "valkey_version:8.0.2")], Status.UNKNOWN, FixedStatus.NOT_AFFECTED),
    ("rc1", [("valkey_version:8.1.0", "valkey_version:8.1.0-rc1")], Status.KNOWN, FixedStatus.FIXED_LATER),
    ("development", [("valkey_version:8.1.0", "valkey_version:255.255.255")], Status.KNOWN, FixedStatus.UNKNOWN),
    (
        "one I/O thread",
        [("\nio-threads 4", "\nio-threads 1"), ("io_threads_active:1", "io_threads_active:0")],
        Status.UNKNOWN,
        FixedStatus.UNKNOWN,
    ),
    ("TLS off", [("name=tls", "name=tcp")], Status.UNKNOWN, FixedStatus.UNKNOWN),
    ("another expression", [("'0' is not true", "'conn' is not true")], Status.UNKNOWN, FixedStatus.UNKNOWN),
]


@pytest.mark.parametrize(("edits", "status", "fixed"), [e[1:] for e in EDITS], ids=[e[0] for e in EDITS])
def test_real_log_with_one_fact_edited(edits: list[tuple[str, str]], status: Status, fixed: FixedStatus) -> None:
    text = read_text(FLAGSHIP)
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    judged = verdict_of(text)
    assert (judged.status, judged.fixed_status) == (status, fixed)
    assert (judged.issue == "valkey-io/valkey#1883") is (status is Status.KNOWN)


def test_real_log_proves_its_reasons() -> None:
    proofs = {reason.finding: [e.text for e in reason.evidence] for reason in verdict_of(read_text(FLAGSHIP)).for_}
    assert proofs["site.line"][0].endswith("# ==> tls.c:603 '0' is not true")
    assert proofs["server.version"] == ["valkey_version:8.1.0"]
    assert proofs["server.io_threads"] == ["io-threads 4"]
    assert proofs["server.io_threads_active"] == ["io_threads_active:1"]

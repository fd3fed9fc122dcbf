"""`triage explain`, `triage diff`, `--quiet` and the Python interface."""

import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from command import triage
from expectations import FIXTURES
from render_case import FLAGSHIP, INCIDENT

from triage.model import Kind
from triage.render.comparison import SAME_BUG, SAME_VARIANT, compare
from triage.render.terms import find_term, similar_names, terms

OLD = FIXTURES / "lab-02-assert-redis60" / "server.log"
NEW = FIXTURES / "lab-02-assert-v727" / "server.log"
OTHER = FIXTURES / "lab2-10-v912-segfault-tls-cluster" / "server.log"
CALM = FIXTURES / "lab2-50-r806-neg-sigterm-normal" / "server.log"


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("si_code 128", "si_code 128"),
        ("si_code: 128", "si_code 128"),
        ("recursive", "RECURSIVE"),
        ("io_thd_1", "io_thd"),
        ("flags", "flags"),
        ("si_tkill", "SI_TKILL"),
        ("137", "SIGKILL"),
    ],
)
def test_terms_are_found_by_any_of_their_names(word: str, title: str) -> None:
    term = find_term(word)
    assert term is not None
    assert term.names[0] == title


def test_no_two_terms_share_a_name_and_each_has_a_source() -> None:
    names = [name.lower() for term in terms() for name in term.names]
    assert len(names) == len(set(names))
    assert all(term.text and term.source for term in terms())


@pytest.mark.parametrize(
    ("word", "near"), [("SIGSEV", "SIGSEGV"), ("recursve", "RECURSIVE"), ("handshakes", "accept")]
)
def test_an_unknown_term_gets_suggestions(word: str, near: str) -> None:
    assert near in similar_names(word)


def test_explain_says_it_and_an_unknown_word_exits_with_2() -> None:
    assert b"non-canonical" in triage("explain", "si_code", "128").stdout
    assert b"RECURSIVE" in triage("explain").stdout
    done = triage("explain", "recursiv")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"RECURSIVE" in done.stderr


def test_the_same_bug_is_seen_across_products_and_versions() -> None:
    told = triage("diff", OLD, NEW).stdout.decode()
    assert told.startswith("The same bug on both sides\n")
    assert "Redis 6.0.20 -> Valkey 7.2.7" in told


def test_former_outputs_directories_and_archives_are_cases_too(tmp_path: Path) -> None:
    archive = tmp_path / "case.tar"
    with tarfile.open(archive, "w") as packed:
        packed.add(NEW, "server.log")
    former = tmp_path / "old.json"
    assert triage("analyze", OLD, "-o", former).returncode == 0
    folder = tmp_path / "case"
    folder.mkdir()
    shutil.copy(NEW, folder / "server.log")
    for after in (archive, folder):
        told = triage("diff", former, after).stdout.decode()
        assert told.startswith("The same bug on both sides\n")
        assert "Redis 6.0.20 -> Valkey 7.2.7" in told
        assert "used_memory " in told


@pytest.mark.parametrize(
    ("one", "other", "says", "code"),
    [
        (OLD, OTHER, "Not the same bug", 1),
        (OLD, CALM, "Only the first shows a failure", 1),
        (CALM, OLD, "Only the second shows a failure", 1),
        (CALM, CALM, "Neither shows a failure", 1),
        (OLD, OLD, "The same bug on both sides", 0),
    ],
)
def test_the_answer_comes_first(one, other, says: str, code: int) -> None:
    done = triage("diff", one, other, "--exit-code")
    assert done.stdout.decode().splitlines()[0] == says
    assert done.returncode == code


def test_incidents_are_paired_by_their_signatures() -> None:
    moved = replace(INCIDENT, signature=replace(INCIDENT.signature, strict="another"))
    other = replace(INCIDENT, kind=Kind.PANIC, signature=replace(INCIDENT.signature, strict="x", family="y"))
    found = compare(
        FLAGSHIP, replace(FLAGSHIP, incidents=(replace(other, verdict=replace(other.verdict, issue=None)), moved))
    )
    assert [pair.sameness for pair in found.pairs] == [SAME_BUG]
    assert (len(found.gone), len(found.new)) == (0, 1)
    assert [pair.sameness for pair in compare(FLAGSHIP, FLAGSHIP).pairs] == [SAME_VARIANT]
    assert compare(FLAGSHIP, FLAGSHIP).server == ()


def test_what_differs_is_told_with_both_sides() -> None:
    slower = replace(
        INCIDENT, server=replace(INCIDENT.server, version="8.1.1"), config={**INCIDENT.config, "io-threads": "8"}
    )
    found = compare(FLAGSHIP, replace(FLAGSHIP, incidents=(slower,)))
    assert [(change.label, change.before, change.after) for change in found.server] == [
        ("Server", "Valkey 8.1.0", "Valkey 8.1.1")
    ]
    assert [(change.label, change.after) for change in found.config] == [("io-threads", "8")]


def test_quiet_prints_a_line_per_incident_and_writes_nothing(tmp_path) -> None:
    log = tmp_path / "valkey.log"
    log.write_bytes(OLD.read_bytes())
    done = triage("analyze", log, "--quiet")
    assert done.stdout.decode().split("\t")[1:3] == ["assertion", "unknown"]
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (0, b"", [log])
    assert triage("analyze", CALM, "-q").stdout == b""


def test_python_gets_the_same_model() -> None:
    code = (
        "import sys, triage; assert not {'pandas', 'lark', 'jinja2', 'click', 'numpy'} & set(sys.modules)\n"
        "from triage import analyze\n"
        f"for incident in analyze([{str(OLD)!r}]).incidents:\n"
        "    print(incident.kind, incident.verdict.status, incident.verdict.issue)\n"
        "from triage import analyze as again; assert callable(again)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("assertion unknown None\n", "")

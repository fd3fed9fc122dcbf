"""``triage compare``: logs and former outputs as inputs, text and JSON, what it refuses."""

import json
import re
from pathlib import Path

import pytest
from command import triage
from expectations import FIXTURES

from triage.intake.former_run import former_incidents

ONE = FIXTURES / "pub-redis-14084" / "report.log"
OTHER = FIXTURES / "pub-redis-14370" / "report.log"
THREE = FIXTURES / "lab2-60-v801-three-crashes-one-log" / "server.log"
KNOWN = FIXTURES / "flagship-stock-verbose" / "server.log.zst"
CALM = FIXTURES / "lab2-50-r806-neg-sigterm-normal" / "server.log"


def test_text_answers_first_and_then_says_why() -> None:
    told = triage("compare", ONE, OTHER).stdout.decode()
    assert told.startswith("Likely the same crash: the family is the same")
    assert "= family key  both signal:slowlogFreeEntry" in told
    assert "only in B     decrRefCount" in told


def test_json_holds_the_same_and_a_former_run_compares_like_its_log(tmp_path: Path) -> None:
    former = tmp_path / "one.json"
    assert triage("analyze", ONE, "-o", former).returncode == 0
    told = [json.loads(triage("compare", a, OTHER, "--format", "json").stdout) for a in (ONE, former)]
    assert told[0]["schema"] == "triage-comparison/1"
    assert told[0]["likeness"] == "likely-same"
    assert told[0]["a"]["server"] == {"product": "redis", "version": "6.2.7"}
    facts = [{key: value for key, value in each.items() if key not in ("a", "b")} for each in told]
    assert facts[0] == facts[1]


@pytest.mark.parametrize(
    ("options", "kind", "number"),
    [
        ((), "panic", 3),
        (("--incident-a", 1), "assertion", 1),
        (("--incident-a", 2), "signal", 2),
    ],
)
def test_last_incident_is_taken_unless_another_is_asked_for(
    options: tuple[object, ...], kind: str, number: int
) -> None:
    told = json.loads(triage("compare", THREE, ONE, "--format", "json", *options).stdout)
    assert (told["a"]["kind"], told["a"]["incident"], told["a"]["incidents"]) == (kind, number, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((ONE, CALM), 3, "no crash in"),
        ((ONE, "absent.log"), 3, "absent.log"),
        ((ONE, OTHER, "--incident", 2), 2, "there is no number 2"),
        ((ONE,), 2, "Missing argument"),
    ],
)
def test_refusals_say_what_is_wrong(arguments: tuple[object, ...], code: int, words: str) -> None:
    done = triage("compare", *arguments)
    assert done.returncode == code
    assert words in done.stderr.decode()


LEAST = '{"kind": "panic", "verdict": {"status": "known"}, "signature": {"algorithm": "a"}'


@pytest.mark.parametrize(
    "incidents",
    [
        "[{}]",
        '[{"kind": "odd", "verdict": {"status": "known"}}]',
        "[7]",
        "7",
        f'[{LEAST}, "config": {{"port": 6379}}}}]',
        f'[{LEAST}, "info": {{"CPU": 1.5}}}}]',
        f'[{LEAST}, "site": {{"file": ["a.c"]}}}}]',
        f'[{LEAST}, "thread": {{"name": true}}}}]',
        f'[{LEAST}, "threads": [{{"frames": [{{"index": 0, "function": 7}}]}}]}}]',
    ],
)
def test_damaged_former_run_is_refused_in_words(tmp_path: Path, incidents: str) -> None:
    former = tmp_path / "one.json"
    former.write_text(f'{{"schema": "triage-analysis/1", "incidents": {incidents}}}')
    done = triage("compare", former, ONE)
    assert done.returncode == 3
    assert "does not hold what that needs" in done.stderr.decode()


def logs_of_panics(directory: Path, *words: str) -> list[Path]:
    """The log with three crashes, the last of which is a panic of these words, once for each."""
    whole = THREE.read_text()
    logs = [directory / f"{number}.log" for number in range(len(words))]
    for log, said in zip(logs, words, strict=True):
        log.write_text(re.sub(r"Guru Meditation: .* #", f"Guru Meditation: {said} #", whole))
    return logs


@pytest.mark.parametrize(("options", "format_"), [((), "text"), (("--format", "json"), "json")])
def test_what_leaves_the_terminal_is_redacted(options: tuple[str, ...], format_: str, tmp_path: Path) -> None:
    logs = logs_of_panics(tmp_path, *["no answer of db7.acme-corp.example at 198.51.100.7"] * 2)
    told = triage("compare", *logs, *options).stdout.decode()
    assert [word for word in ("acme", "198.51", str(tmp_path)) if word in told] == []
    assert "both panic:debug.c:no answer of host-#" in told
    assert "acme-corp" in triage("compare", *logs, *options, "--redact", "none").stdout.decode()


def test_words_that_look_alike_once_hidden_are_told_apart(tmp_path: Path) -> None:
    logs = logs_of_panics(tmp_path, "schwester fell", "grossonkl fell")
    told = triage("compare", *logs, "--redact", "strict").stdout.decode()
    assert "≠ message     A <# characters> <# characters>, B <# characters> <# characters>" in told


def test_a_former_run_is_what_it_was(tmp_path: Path) -> None:
    former = tmp_path / "one.json"
    assert triage("analyze", KNOWN, "-o", former).returncode == 0
    verdict = json.loads(former.read_text())["incidents"][0]["verdict"]
    (incident,) = former_incidents(str(former)) or ()
    assert (incident.verdict.issue, incident.verdict.title) == (verdict["issue"], verdict["title"])
    assert incident.verdict.aliases == ()


def test_characters_that_cannot_be_printed_end_no_comparison(tmp_path: Path) -> None:
    former = tmp_path / "one.json"
    former.write_text(f'{{"schema": "triage-analysis/1", "incidents": [{LEAST}, "message": "odd \\ud800 one"}}]}}')
    assert "odd ? one" in triage("compare", former, former).stdout.decode()
